namespace Microsoft.ML.RewardModeling;

/// <summary>Counts rows by their status while they are written.</summary>
internal sealed class StatusCounts
{
    private readonly SortedDictionary<string, int> _failures = new(StringComparer.Ordinal);

    public int Rows { get; private set; }

    public int Usable { get; private set; }

    /// <summary>Every status but "ok", in the order of the names.</summary>
    public IReadOnlyDictionary<string, int> Failures => _failures;

    public void Add(string status)
    {
        Rows++;
        if (status == TeacherStatus.Ok)
        {
            Usable++;
            return;
        }

        _failures[status] = _failures.GetValueOrDefault(status) + 1;
    }
}
