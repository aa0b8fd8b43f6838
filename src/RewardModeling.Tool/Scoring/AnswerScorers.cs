using RewardModeling.Tool.Files;

namespace RewardModeling.Tool.Scoring;

/// <summary>Opens whatever kind of model a folder holds.</summary>
internal static class AnswerScorers
{
    public static IAnswerScorer Load(string folder) => ModelFolder.KindOf(folder) switch
    {
        ModelKind.Onnx => new OnnxAnswerScorer(folder),
        _ => TrainedAnswerScorer.Load(folder),
    };
}
