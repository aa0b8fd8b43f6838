using System.Globalization;
using Microsoft.ML.RewardModeling;
using RewardModeling.Tool.Terminal;

namespace RewardModeling.Tool.Distilling;

/// <summary>Joins what the writer knows (rows) with what the teacher knows (calls) into one line.</summary>
internal sealed class DistillProgress(IProgress<WorkProgress> display, int total, TimeProvider time) : IProgress<TeacherProgress>, IProgress<int>
{
    private readonly Lock _gate = new();
    private readonly long _start = time.GetTimestamp();
    private int _rows;
    private TeacherProgress? _spent;

    public void Report(TeacherProgress value)
    {
        lock (_gate)
        {
            _spent = value;
            Show();
        }
    }

    public void Report(int value)
    {
        lock (_gate)
        {
            _rows = value;
            Show();
        }
    }

    private void Show() => display.Report(new(_rows, total, "pairs", _spent is null ? "" : Line(_spent, time.GetElapsedTime(_start))));

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
}
