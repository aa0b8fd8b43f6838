using System.Diagnostics;

namespace Quickstart;

/// <summary>Numbers the steps and says when each began.</summary>
internal sealed class Steps(int total)
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private int _step;

    public void Next(string title) => Console.WriteLine($"[{++_step}/{total}] {_clock.Elapsed.TotalSeconds,5:F1} s  {title}");
}
