using System.Text.Json;
using System.Text.Json.Nodes;

namespace Microsoft.ML.RewardModeling;

/// <summary>The file <c>reward_model.json</c> of a saved model directory: how it was trained.</summary>
internal static class ModelCard
{
    public const string FileName = "reward_model.json";

    /// <summary>Reads the card; null when the directory has none, as one saved by other software.</summary>
    /// <exception cref="RewardModelingException">The file is no JSON object.</exception>
    public static JsonObject? Read(string directory)
    {
        string path = Path.Combine(directory, FileName);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            return JsonNode.Parse(File.ReadAllText(path)) as JsonObject
                ?? throw new RewardModelingException($"{path}: expected a JSON object. Save the model again, or delete the file.");
        }
        catch (JsonException e)
        {
            throw new RewardModelingException($"{path}: not valid JSON ({e.Message}). Save the model again, or delete the file.", e);
        }
    }

    /// <summary>The longest text the model was trained to read, or null when the card does not say.</summary>
    public static int? MaxLength(JsonObject? card)
        => card?["max_length"] is JsonValue value && value.TryGetValue(out int length) && length >= 2 ? length : null;
}
