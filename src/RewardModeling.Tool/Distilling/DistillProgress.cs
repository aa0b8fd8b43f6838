using System.Globalization;
using Microsoft.ML.RewardModeling;
using RewardModeling.Tool.Terminal;

namespace RewardModeling.Tool.Distilling;

/// <summary>Joins what the writer knows (rows) with what the teacher knows (calls) into one line.</summary>
internal sealed class DistillProgress(IProgress<WorkProgress> display, int total) : IProgress<TeacherProgress>, IProgress<int>
{
    private readonly Lock _gate = new();
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

    private void Show() => display.Report(new(_rows, total, "pairs", _spent is null ? "" : string.Create(
        CultureInfo.InvariantCulture,
        $"{_spent.Calls} calls, {_spent.JournalHits} from the journal{(_spent.Failures > 0 ? $", {_spent.Failures} failed" : "")}")));
}
