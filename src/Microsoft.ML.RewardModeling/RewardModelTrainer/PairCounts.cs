namespace Microsoft.ML.RewardModeling;

/// <summary>What became of the rows that the trainer read.</summary>
internal sealed class PairCounts
{
    public int Rows { get; set; }

    public int Used { get; set; }

    /// <summary>What is used: pairs, or lists.</summary>
    public string Unit { get; set; } = "pairs";

    /// <summary>Rows left out because of their teacher status, by status.</summary>
    public SortedDictionary<string, int> Skipped { get; } = new(StringComparer.Ordinal);

    /// <summary>Rows whose objective needs a margin or scores they do not have.</summary>
    public int WithoutTargets { get; set; }

    /// <summary>Pairs whose two answers are the same ids.</summary>
    public int Equal { get; set; }

    /// <summary>Used pairs of which a text was cut to the maximum length.</summary>
    public int Truncated { get; set; }

    /// <summary>Used pairs that have a teacher response.</summary>
    public int WithTeacher { get; set; }

    /// <summary>Counts a row that is left out because of its status.</summary>
    public void Skip(string status) => Skipped[status] = Skipped.GetValueOrDefault(status) + 1;

    public override string ToString()
    {
        var parts = new List<string> { $"{Rows} rows read, {Used} {Unit} used" };
        parts.AddRange(Skipped.Select(s => $"{s.Value} skipped with status {s.Key}"));
        void Part(int count, string text)
        {
            if (count > 0)
            {
                parts.Add($"{count} {text}");
            }
        }

        Part(WithoutTargets, "skipped without the margin or scores that the objective needs");
        Part(Equal, "dropped because both answers have the same tokens");
        Part(Truncated, "cut to the maximum length");
        Part(WithTeacher, "with a teacher response");
        return string.Join(", ", parts);
    }
}
