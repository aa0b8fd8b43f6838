using System.Diagnostics;
using Microsoft.ML.RewardModeling.Scoring;

namespace ScorerSpeed;

/// <summary>64 threads score at once, alone and two answers of one prompt together: errors, drift and memory.</summary>
internal static class Soak
{
    public static string Run(OnnxRewardScorer scorer, IReadOnlyList<RewardRow> rows, TimeSpan time)
    {
        float[] expected = [.. scorer.ScoreRows(rows).Select(score => score.Score)];

        // The graph for texts that come alone opens at the second of them, with weights of its own; without this, when the threads end.
        for (int i = 0; i < 3; i++)
        {
            scorer.ScoreRows([rows[0]]);
            Thread.Sleep(500);
        }

        long scored = 0;
        int failures = 0;
        float drift = 0;
        object gate = new();
        using CancellationTokenSource end = new(time);
        Thread[] threads = [.. Enumerable.Range(0, 64).Select(number => new Thread(() => Call(number)))];
        Array.ForEach(threads, thread => thread.Start());

        // Warm-up: the first third, in which the heaps of 64 threads meet every length. Memory is read every half second after it.
        List<double> memory = [];
        long started = Stopwatch.GetTimestamp();
        while (!end.IsCancellationRequested)
        {
            Thread.Sleep(500);
            if (Stopwatch.GetElapsedTime(started) > time / 3)
            {
                memory.Add(Environment.WorkingSet / 1e6);
            }
        }

        Array.ForEach(threads, thread => thread.Join());
        double growth = memory.Count < 2 ? 0 : (memory[^1] / memory[0]) - 1;
        return $"{scored} answers, {failures} errors, largest drift {drift:E1}, memory {memory.FirstOrDefault():F0} MB after warm-up, "
            + $"{memory.LastOrDefault():F0} MB at the end ({growth:P1}), highest {memory.DefaultIfEmpty().Max():F0} MB";

        void Call(int number)
        {
            for (int i = number * 7; !end.IsCancellationRequested; i++)
            {
                int row = i % (rows.Count - 1), count = 1 + (i % 2);
                try
                {
                    RewardScore[] scores = scorer.ScoreRows([.. rows.Skip(row).Take(count)]);
                    lock (gate)
                    {
                        scored += count;
                        drift = Math.Max(drift, scores.Select((score, j) => Math.Abs(score.Score - expected[row + j])).Max());
                    }
                }
                catch (Exception exception)
                {
                    Console.Error.WriteLine(exception);
                    Interlocked.Increment(ref failures);
                    return;
                }
            }
        }
    }
}
