using System.Globalization;
using Microsoft.ML.RewardModeling;
using RewardModeling.Tool.Terminal;

namespace RewardModeling.Tool.Teaching;

/// <summary>Joins what the writer knows (rows) with what the teachers know (calls) into one line.</summary>
internal sealed class TeacherDisplay(IProgress<WorkProgress> display, int total, string unit, int teachers, TimeProvider time) : IProgress<int>
{
    private readonly Lock _gate = new();
    private readonly long _start = time.GetTimestamp();
    private readonly TeacherProgress?[] _spent = new TeacherProgress?[teachers];
    private int _rows;

    /// <summary>What all teachers did together.</summary>
    public static TeacherProgress Sum(IReadOnlyList<TeacherProgress> teachers) => new(
        teachers.Sum(t => t.Calls), teachers.Sum(t => t.JournalHits), teachers.Sum(t => t.Failures), teachers.Sum(t => t.InFlight),
        teachers.Sum(t => t.InputTokens), teachers.Sum(t => t.OutputTokens))
    {
        // With the price of one model missing the sum would be too low: then nothing is said.
        Cost = teachers.All(t => t.Cost is not null) ? teachers.Sum(t => t.Cost) : null,
        IsPaused = teachers.Any(t => t.IsPaused),
        PauseReason = teachers.FirstOrDefault(t => t.IsPaused)?.PauseReason,
        Interrupted = teachers.Sum(t => t.Interrupted),
    };

    /// <summary>Gets the reports of one teacher.</summary>
    public IProgress<TeacherProgress> Of(int teacher) => new Reports(this, teacher);

    public void Report(int value)
    {
        lock (_gate)
        {
            _rows = value;
            Show();
        }
    }

    private void Report(int teacher, TeacherProgress value)
    {
        lock (_gate)
        {
            _spent[teacher] = value;
            Show();
        }
    }

    private void Show()
    {
        TeacherProgress[] spent = [.. _spent.OfType<TeacherProgress>()];
        display.Report(new(_rows, total, unit, spent.Length == 0 ? "" : Line(Sum(spent), time.GetElapsedTime(_start))));
    }

    /// <summary>For example <c>120 calls (31.2/s), 4 from the journal, 1 failed, 45210 tokens, cost 0.31</c>.</summary>
    internal static string Line(TeacherProgress spent, TimeSpan elapsed)
    {
        double rate = elapsed > TimeSpan.Zero ? spent.Calls / elapsed.TotalSeconds : 0;
        List<string> parts =
        [
            string.Create(CultureInfo.InvariantCulture, $"{spent.Calls} calls ({rate:0.0}/s)"),
            string.Create(CultureInfo.InvariantCulture, $"{spent.JournalHits} from the journal"),
        ];
        if (spent.Failures > 0)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{spent.Failures} failed"));
        }

        if (spent.InputTokens + spent.OutputTokens is > 0 and var tokens)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{tokens} tokens"));
        }

        if (spent.Cost is { } cost)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"cost {cost:0.00##}"));
        }

        if (spent.IsPaused)
        {
            parts.Add($"paused: the endpoint is down ({spent.PauseReason})");
        }

        return string.Join(", ", parts);
    }

    private sealed class Reports(TeacherDisplay display, int teacher) : IProgress<TeacherProgress>
    {
        public void Report(TeacherProgress value) => display.Report(teacher, value);
    }
}
