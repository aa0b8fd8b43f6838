using System.IO.Compression;
using System.Text.Json;

namespace Microsoft.ML.RewardModeling;

/// <summary>
/// Reads and writes files of prompts with candidate answers, <c>.jsonl</c> or <c>.jsonl.gz</c>: rows
/// <c>{"id", "prompt", "candidates", "status"}</c>. <c>candidates</c> is a list of texts or of
/// <c>{"response", "score", "source", "status"}</c>; a row without it is a prompt to be answered.
/// </summary>
public static class CandidateFile
{
    /// <summary>Reads the rows one after the other.</summary>
    /// <param name="path">A file that ends in .jsonl or .jsonl.gz.</param>
    /// <exception cref="RewardModelingException">The file or a row cannot be read; the message names path and line.</exception>
    public static IEnumerable<CandidateSet> Read(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        Dictionary<string, string> places = [];
        foreach (PairRecord record in JsonLines.Read(path))
        {
            JsonFields fields = new(record);
            string id = fields.OptionalId() ?? throw fields.Error("found no \"id\"", "a text that differs from row to row", "Add the field.");
            if (!places.TryAdd(id, record.Place))
            {
                throw fields.Error($"found the id '{id}', which {places[id]} has already", "ids that differ", "Rename one, or remove the repeated row.");
            }

            yield return new CandidateSet { Id = id, Prompt = fields.Prompt(), Candidates = Candidates(record, fields), Status = fields.OptionalText("status") };
        }
    }

    /// <summary>Writes rows, one JSON object a line. The file appears only when it is complete; the same rows give the same bytes.</summary>
    /// <param name="path">A path that ends in .jsonl or .jsonl.gz.</param>
    /// <param name="sets">The rows.</param>
    /// <exception cref="RewardModelingException">The file cannot be written there.</exception>
    public static void Write(string path, IEnumerable<CandidateSet> sets)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentNullException.ThrowIfNull(sets);
        bool isCompressed = path.EndsWith(".jsonl.gz", StringComparison.OrdinalIgnoreCase);
        if (!isCompressed && !path.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase))
        {
            throw new RewardModelingException($"{path}: found the file type '{Path.GetExtension(path)}', expected .jsonl or .jsonl.gz. Rename it.");
        }

        AtomicFile.Write(path, stream =>
        {
            if (!isCompressed)
            {
                WriteLines(stream, sets);
                return;
            }

            using GZipStream compressed = new(stream, CompressionLevel.Optimal, leaveOpen: true);
            WriteLines(compressed, sets);
        });
    }

    private static void WriteLines(Stream stream, IEnumerable<CandidateSet> sets)
    {
        foreach (CandidateSet set in sets)
        {
            stream.Write(ToLine(set));
        }
    }

    private static IReadOnlyList<Candidate> Candidates(PairRecord record, JsonFields fields)
    {
        if (!fields.Has("candidates"))
        {
            return [];
        }

        try
        {
            return CandidateList.Read(record.Row.GetProperty("candidates"));
        }
        catch (Exception e) when (e is InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw fields.Error("found \"candidates\" that is no list of answers", "texts, or objects with \"response\" and optionally \"score\", \"source\", \"status\"", "Correct the field.");
        }
    }

    private static byte[] ToLine(CandidateSet set) =>
    [
        .. Json.ToBytes(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("id", Text.WellFormed(set.Id));
            if (set.Prompt.Turns is [{ Role: "user" } only])
            {
                writer.WriteString("prompt", Text.WellFormed(only.Content));
            }
            else
            {
                writer.WritePropertyName("prompt");
                Json.WriteTurns(writer, set.Prompt.Turns);
            }

            writer.WritePropertyName("candidates");
            CandidateList.Write(writer, set.Candidates);
            writer.WriteString("status", set.Status ?? TeacherStatus.Ok);
            writer.WriteEndObject();
        }),
        (byte)'\n',
    ];
}
