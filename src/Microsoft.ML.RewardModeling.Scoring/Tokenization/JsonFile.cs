using System.Text.Json;

namespace Microsoft.ML.RewardModeling.Scoring.Tokenization;

/// <summary>Reading JSON files with errors that name the file.</summary>
internal static class JsonFile
{
    /// <summary>The root object; <c>default</c> when there is no such file.</summary>
    public static JsonElement ReadOptional(string path) => File.Exists(path) ? Read(path) : default;

    /// <summary>The root object of an existing file.</summary>
    public static JsonElement Read(string path)
    {
        using FileStream stream = File.OpenRead(path);
        return Read(stream, path);
    }

    /// <summary>The root object of what a file holds.</summary>
    public static JsonElement Read(Stream stream, string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(stream);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document.RootElement.Clone()
                : throw new RewardScoringException($"{path} holds {document.RootElement.ValueKind}; expected a JSON object. Get the file again.");
        }
        catch (JsonException exception)
        {
            throw new RewardScoringException($"{path} is not valid JSON: {exception.Message} Get the file again.", exception);
        }
    }
}
