namespace Microsoft.ML.RewardModeling;

/// <summary>
/// Reads and writes files of prompts with candidate answers, <c>.jsonl</c> or <c>.jsonl.gz</c>: rows
/// <c>{"id", "prompt", "candidates", "status"}</c>. <c>candidates</c> is a list of texts or of
/// <c>{"response", "score", "source", "status"}</c>; a row without it is a prompt to be answered. With scores it is a scored list.
/// </summary>
public static class CandidateFile
{
    private const string Expected = "\"prompt\", and \"candidates\" where there are answers already";

    /// <summary>
    /// Reads the rows one after the other. An id that is absent is made from the prompt. The names <c>responses</c> for the list
    /// and <c>text</c> for an answer are read, too.
    /// </summary>
    /// <param name="path">A file that ends in .jsonl or .jsonl.gz.</param>
    /// <exception cref="RewardModelingException">The file or a row cannot be read, or there is no row; the message names path and line.</exception>
    public static IEnumerable<CandidateSet> Read(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        JsonLines.MustExist(path, "candidates", ".jsonl or .jsonl.gz");
        RequireName(path);
        RowIds ids = new();
        foreach (PairRecord record in JsonLines.Read(path))
        {
            JsonFields fields = new(record, Expected);
            Conversation prompt = fields.Prompt();
            yield return new CandidateSet
            {
                Id = ids.Add(fields.OptionalId(), () => RowIds.FromContent("prompt-", writer => Json.WriteTurns(writer, prompt.Turns)), record.Place),
                Prompt = prompt,
                Candidates = Candidates(record, fields),
                Status = fields.OptionalText("status"),
            };
        }

        ids.MustNotBeEmpty(path, "prompt");
    }

    /// <summary>Writes rows, one JSON object a line. The file appears only when it is complete; the same rows give the same bytes.</summary>
    /// <param name="path">A path that ends in .jsonl or .jsonl.gz.</param>
    /// <param name="sets">The rows.</param>
    /// <exception cref="RewardModelingException">The file cannot be written there.</exception>
    public static void Write(string path, IEnumerable<CandidateSet> sets)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentNullException.ThrowIfNull(sets);
        RequireName(path);
        JsonLines.Write(path, sets.Select(ToLine));
    }

    private static void RequireName(string path)
    {
        if (!JsonLines.IsName(path))
        {
            throw new RewardModelingException($"{path}: found the file type '{Path.GetExtension(path)}', expected .jsonl or .jsonl.gz. Convert the file, or rename it if it is one of these.");
        }
    }

    private static IReadOnlyList<Candidate> Candidates(PairRecord record, JsonFields fields)
    {
        string[] names = [.. new[] { "candidates", "responses" }.Where(fields.Has)];
        if (names.Length == 0)
        {
            return [];
        }

        try
        {
            return names is [var name]
                ? CandidateList.Read(record.Row.GetProperty(name))
                : throw new FormatException("both \"candidates\" and \"responses\"");
        }
        catch (FormatException e)
        {
            throw fields.Error(
                $"found {e.Message}", $"\"{names[0]}\" to be a list of texts, or of objects with \"response\" and optionally \"score\", \"source\", \"status\"", "Correct the field.");
        }
    }

    private static byte[] ToLine(CandidateSet set) =>
    [
        .. Json.ToBytes(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("id", Text.WellFormed(set.Id));
            writer.WritePropertyName("prompt");
            Json.WritePrompt(writer, set.Prompt);
            writer.WritePropertyName("candidates");
            CandidateList.Write(writer, set.Candidates);
            writer.WriteString("status", set.Status ?? TeacherStatus.Ok);
            writer.WriteEndObject();
        }),
        (byte)'\n',
    ];
}
