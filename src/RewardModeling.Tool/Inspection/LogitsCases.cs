using System.Text.Json;
using RewardModeling.Tool.CommandLine;

namespace RewardModeling.Tool.Inspection;

/// <summary>Reads <c>{"cases": [{"name", "input_ids", "attention_mask"?, "position_ids"?}]}</c>.</summary>
internal static class LogitsCases
{
    /// <summary>The cases of a file, checked.</summary>
    /// <exception cref="WorkException">The file has another form; the message names the case and the field.</exception>
    public static IReadOnlyList<LogitsCase> Read(string path)
    {
        using JsonDocument document = Parse(path);
        if (document.RootElement.ValueKind != JsonValueKind.Object
            || !document.RootElement.TryGetProperty("cases", out JsonElement cases)
            || cases.ValueKind != JsonValueKind.Array)
        {
            throw new WorkException($"{path}: expected an object with the list \"cases\", for example {{\"cases\": [{{\"name\": \"a\", \"input_ids\": [[1, 2]]}}]}}.");
        }

        List<LogitsCase> read = [];
        foreach (JsonElement item in cases.EnumerateArray())
        {
            LogitsCase next = ReadCase(item, $"{path}: case {read.Count + 1}");
            if (read.Any(other => other.Name == next.Name))
            {
                throw new WorkException($"{path}: two cases are named '{next.Name}'; expected names that differ, because each becomes a file. Rename one.");
            }

            read.Add(next);
        }

        return read.Count > 0 ? read : throw new WorkException($"{path}: the list \"cases\" is empty; expected at least one case.");
    }

    private static JsonDocument Parse(string path)
    {
        try
        {
            return JsonDocument.Parse(File.ReadAllBytes(path));
        }
        catch (JsonException error)
        {
            throw new WorkException($"{path}:{error.LineNumber + 1}: invalid JSON: {error.Message} Correct the file.", error);
        }
    }

    private static LogitsCase ReadCase(JsonElement item, string place)
    {
        if (item.ValueKind != JsonValueKind.Object
            || !item.TryGetProperty("name", out JsonElement name) || name.ValueKind != JsonValueKind.String
            || name.GetString() is not { Length: > 0 } text
            || text.AsSpan().ContainsAny(Path.GetInvalidFileNameChars()) || text is "." or "..")
        {
            throw new WorkException($"{place}: expected a \"name\" that can be a file name (no '/').");
        }

        place = $"{place} ('{text}')";
        int[][] ids = ReadMatrix(item, "input_ids", place)
            ?? throw new WorkException($"{place}: \"input_ids\" is missing; expected a list of equally long rows of token ids.");
        int[][]? mask = ReadMatrix(item, "attention_mask", place);
        int[][]? positions = ReadMatrix(item, "position_ids", place);
        CheckShape(mask, ids, "attention_mask", place);
        CheckShape(positions, ids, "position_ids", place);
        return mask?.Any(row => row.Any(value => value is not (0 or 1))) == true
            ? throw new WorkException($"{place}: \"attention_mask\" holds a value other than 0 and 1. Correct the mask.")
            : new LogitsCase(text, ids, mask, positions);
    }

    private static int[][]? ReadMatrix(JsonElement item, string field, string place)
    {
        if (!item.TryGetProperty(field, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        int[][]? rows = null;
        try
        {
            rows = value.Deserialize<int[][]>();
        }
        catch (JsonException)
        {
            // Reported below with what was expected.
        }

        return rows is { Length: > 0 } && rows.All(row => row is { Length: > 0 } && row.Length == rows[0].Length)
            ? rows
            : throw new WorkException($"{place}: \"{field}\" is no matrix; expected a list of equally long, non-empty rows of whole numbers.");
    }

    private static void CheckShape(int[][]? matrix, int[][] ids, string field, string place)
    {
        if (matrix is not null && (matrix.Length != ids.Length || matrix[0].Length != ids[0].Length))
        {
            throw new WorkException(
                $"{place}: \"{field}\" has shape [{matrix.Length}, {matrix[0].Length}], \"input_ids\" [{ids.Length}, {ids[0].Length}]; expected equal shapes.");
        }
    }
}
