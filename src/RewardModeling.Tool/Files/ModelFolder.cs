using Microsoft.ML.RewardModeling.Scoring;
using RewardModeling.Tool.CommandLine;

namespace RewardModeling.Tool.Files;

/// <summary>Tells the kinds of model folders apart.</summary>
internal static class ModelFolder
{
    public static ModelKind KindOf(string folder)
    {
        if (File.Exists(Path.Combine(folder, ExportManifest.FileName)) || File.Exists(Path.Combine(folder, "model.onnx")))
        {
            return ModelKind.Onnx;
        }

        return File.Exists(Path.Combine(folder, "config.json"))
            ? ModelKind.HuggingFace
            : throw new WorkException(
                $"{folder} holds no model: neither config.json (Hugging Face layout) nor {ExportManifest.FileName} (ONNX). "
                + "Name the folder that holds the model's files.");
    }
}
