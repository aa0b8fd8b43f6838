using RewardModeling.Tool.Files;
using RewardModeling.Tool.Terminal;

namespace RewardModeling.Tool.Scoring;

/// <summary>Opens whatever kind of model a folder holds.</summary>
internal static class AnswerScorers
{
    public static IAnswerScorer Load(string folder, ToolContext context)
    {
        _ = context;
        return ModelFolder.KindOf(folder) switch
        {
            ModelKind.Onnx => new OnnxAnswerScorer(folder),
            _ => throw new NotSupportedException(),
        };
    }
}
