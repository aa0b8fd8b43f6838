using System.Collections.Concurrent;
using System.Globalization;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Scoring.Tests;

/// <summary>The same rewards by every strategy, from every surface.</summary>
[TestClass]
public sealed class ScoringStrategyTests
{
    private const string Prompt = "What is 2 + 2?";
    private static readonly string[] Answers =
        [.. Enumerable.Range(0, 60).Select(i => string.Concat(Enumerable.Repeat($"answer {i} ", 1 + (i * 7 % 31))))];

    [TestMethod]
    [DataRow(ScoringStrategy.Automatic, 1, 16_384)]
    [DataRow(ScoringStrategy.Unpadded, 4, 300)]
    [DataRow(ScoringStrategy.Unpadded, 3, 1)]
    [DataRow(ScoringStrategy.Batched, 1, 16_384)]
    [DataRow(ScoringStrategy.Batched, 2, 400)]
    [DataRow(ScoringStrategy.Batched, 1, 1)]
    public async Task Score_AnyStrategy_GivesTheSameRewards(ScoringStrategy strategy, int concurrency, int tokenBudget)
    {
        using TemporaryFolder folder = TinyExport.Make();
        using OnnxRewardScorer plain = OnnxRewardScorer.Load(folder.Path, new OnnxRewardScorerOptions { MaxConcurrency = 1 });
        using OnnxRewardScorer scorer = OnnxRewardScorer.Load(
            folder.Path, new OnnxRewardScorerOptions { Strategy = strategy, MaxConcurrency = concurrency, TokenBudget = tokenBudget, LookAhead = 7 });
        float[] expected = [.. Answers.Select(answer => plain.Score(Prompt, [answer])[0])];

        Near(expected, scorer.Score(Prompt, Answers));
        Near(expected, await scorer.ScoreAsync(Prompt, Answers));
        Near(expected, [.. (await scorer.ScoreDetailedAsync(Prompt, Answers)).Select(score => score.Score)]);
        Near(expected[..1], await scorer.ScoreAsync(Prompt, Answers[..1]));
        Assert.AreEqual(scorer.BestOf(Prompt, Answers), await scorer.BestOfAsync(Prompt, Answers));
        List<float> streamed = [];
        await foreach (RewardScore score in scorer.ScoreRowsAsync(Answers.Select(answer => new RewardRow(Prompt, answer)).ToAsyncEnumerable()))
        {
            streamed.Add(score.Score);
        }

        Near(expected, [.. streamed]);
    }

    [TestMethod]
    [DataRow(ScoringStrategy.Unpadded)]
    [DataRow(ScoringStrategy.Batched)]
    public async Task ScoreRowsAsync_SlowReader_ReadsNoFurtherAheadThanAllowed(ScoringStrategy strategy)
    {
        using TemporaryFolder folder = TinyExport.Make();
        using OnnxRewardScorer scorer = OnnxRewardScorer.Load(folder.Path, new OnnxRewardScorerOptions { Strategy = strategy, LookAhead = 5 });
        int read = 0;
        int handedOut = 0;
        int farthest = 0;
        await foreach (RewardScore score in scorer.ScoreRowsAsync(Endless()))
        {
            farthest = Math.Max(farthest, read - handedOut);
            if (++handedOut == 100)
            {
                break;
            }
        }

        Assert.IsLessThanOrEqualTo(6, farthest);
        Assert.IsLessThanOrEqualTo(106, read);

        async IAsyncEnumerable<RewardRow> Endless()
        {
            while (true)
            {
                read++;
                yield return new RewardRow(Prompt, read.ToString(CultureInfo.InvariantCulture));
                await Task.Yield();
            }
        }
    }

    [TestMethod]
    public async Task ScoreRowsAsync_SourceThatWaits_HandsOutWhatIsReady()
    {
        using TemporaryFolder folder = TinyExport.Make();
        using OnnxRewardScorer scorer = OnnxRewardScorer.Load(folder.Path);
        TaskCompletionSource goOn = new();
        await using IAsyncEnumerator<RewardScore> scores = scorer.ScoreRowsAsync(Rows()).GetAsyncEnumerator();

        Assert.IsTrue(await scores.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromMinutes(1)));
        goOn.SetResult();
        Assert.IsTrue(await scores.MoveNextAsync());
        Assert.IsFalse(await scores.MoveNextAsync());

        async IAsyncEnumerable<RewardRow> Rows()
        {
            yield return new RewardRow(Prompt, "4");
            await goOn.Task;
            yield return new RewardRow(Prompt, "5");
        }
    }

    [TestMethod]
    [DataRow(ScoringStrategy.Unpadded)]
    [DataRow(ScoringStrategy.Batched)]
    public async Task ScoreRowsAsync_RowThatCannotBeScored_FailsAtItsPlace(ScoringStrategy strategy)
    {
        using TemporaryFolder folder = TinyExport.Make();
        using OnnxRewardScorer scorer = OnnxRewardScorer.Load(folder.Path, new OnnxRewardScorerOptions { Strategy = strategy });
        RewardRow[] rows = [new(Prompt, "a"), new(Prompt, "b"), new([], "no turns"), new(Prompt, "c")];
        int before = 0;
        await Assert.ThrowsExactlyAsync<ArgumentException>(async () =>
        {
            await foreach (RewardScore score in scorer.ScoreRowsAsync(rows.ToAsyncEnumerable()))
            {
                before++;
            }
        });
        Assert.AreEqual(2, before);
    }

    [TestMethod]
    [DataRow(ScoringStrategy.Unpadded)]
    [DataRow(ScoringStrategy.Batched)]
    public async Task ScoreAsync_Cancelled_Throws(ScoringStrategy strategy)
    {
        using TemporaryFolder folder = TinyExport.Make();
        using OnnxRewardScorer scorer = OnnxRewardScorer.Load(folder.Path, new OnnxRewardScorerOptions { Strategy = strategy });
        using CancellationTokenSource cancelled = new();
        await cancelled.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => scorer.ScoreAsync(Prompt, Answers, cancelled.Token));
        Assert.Throws<OperationCanceledException>(() => scorer.Score(Prompt, Answers, cancelled.Token));
        Assert.HasCount(60, await scorer.ScoreAsync(Prompt, Answers, CancellationToken.None));
    }

    [TestMethod]
    [DataRow(1, 1)]
    [DataRow(4, 2)]
    public void Score_OneAnswerAgainAndAgain_OpensASessionForAllProcessors(int concurrency, int sessions)
    {
        using TemporaryFolder folder = TinyExport.Make();
        ConcurrentBag<int> threads = [];
        using OnnxRewardScorer scorer = OnnxRewardScorer.Load(folder.Path, new OnnxRewardScorerOptions
        {
            MaxConcurrency = concurrency, ConfigureSession = session => threads.Add(session.IntraOpNumThreads),
        });
        float expected = scorer.Score(Prompt, ["4"])[0];
        Assert.HasCount(1, threads, "a program that scores once does not pay for a second session");

        scorer.Score(Prompt, ["4"]);
        Assert.IsTrue(SpinWait.SpinUntil(() => threads.Count >= sessions, TimeSpan.FromMinutes(1)));
        for (int i = 0; i < 20; i++)
        {
            Near([expected], scorer.Score(Prompt, ["4"]));
        }

        CollectionAssert.AreEquivalent((int[])(sessions == 1 ? [1] : [1, concurrency]), threads.ToArray());
    }

    [TestMethod]
    public void Score_SecondSessionCannotBeOpened_GoesOnWithTheFirst()
    {
        using TemporaryFolder folder = TinyExport.Make();
        int opened = 0;
        using OnnxRewardScorer scorer = OnnxRewardScorer.Load(folder.Path, new OnnxRewardScorerOptions
        {
            MaxConcurrency = 2,
            ConfigureSession = _ =>
            {
                if (Interlocked.Increment(ref opened) == 2)
                {
                    throw new InvalidOperationException("no memory for another session");
                }
            },
        });
        float expected = scorer.Score(Prompt, ["4"])[0];
        Near([expected], scorer.Score(Prompt, ["4"]));
        Assert.IsTrue(SpinWait.SpinUntil(() => Volatile.Read(ref opened) == 2, TimeSpan.FromMinutes(1)));
        Near([expected], scorer.Score(Prompt, ["4"]));
    }

    [TestMethod]
    public void Score_BatchedNotANumber_IsAnError()
    {
        using TemporaryFolder folder = TinyExport.Make(graph: TinyGraph.NotANumber());
        using OnnxRewardScorer scorer = OnnxRewardScorer.Load(folder.Path, new OnnxRewardScorerOptions { Strategy = ScoringStrategy.Batched });
        Assert.Contains("NaN", Assert.ThrowsExactly<RewardScoringException>(() => scorer.Score(Prompt, Answers)).Message);
    }

    [TestMethod]
    [DataRow(ScoringStrategy.Unpadded)]
    [DataRow(ScoringStrategy.Batched)]
    public async Task Dispose_WhileOthersScore_EndsThemCleanly(ScoringStrategy strategy)
    {
        using TemporaryFolder folder = TinyExport.Make();
        OnnxRewardScorer scorer = OnnxRewardScorer.Load(folder.Path, new OnnxRewardScorerOptions { Strategy = strategy });
        ConcurrentBag<Exception> failures = [];
        Task[] callers = [.. Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(
            () =>
            {
                try
                {
                    while (true)
                    {
                        scorer.Score(Prompt, Answers);
                    }
                }
                catch (Exception exception)
                {
                    failures.Add(exception);
                }
            },
            TaskCreationOptions.LongRunning))];
        scorer.Score(Prompt, Answers);

        scorer.Dispose();
        await Task.WhenAll(callers);
        Assert.HasCount(8, failures);
        Assert.IsTrue(failures.All(failure => failure is ObjectDisposedException), string.Join("; ", failures));
    }

    /// <summary>64 threads at once; set REWARDMODELING_SOAK_SECONDS for the long run.</summary>
    [TestMethod]
    [DataRow(ScoringStrategy.Unpadded)]
    [DataRow(ScoringStrategy.Batched)]
    public void Score_From64Threads_NeitherFailsNorDrifts(ScoringStrategy strategy)
    {
        string? stated = Environment.GetEnvironmentVariable("REWARDMODELING_SOAK_SECONDS");
        TimeSpan time = TimeSpan.FromSeconds(stated is null ? 1.5 : double.Parse(stated, CultureInfo.InvariantCulture));
        using TemporaryFolder folder = TinyExport.Make();
        using OnnxRewardScorer scorer = OnnxRewardScorer.Load(folder.Path, new OnnxRewardScorerOptions { Strategy = strategy });
        float[] expected = scorer.Score(Prompt, Answers);
        using CancellationTokenSource end = new(time);
        ConcurrentBag<Exception> failures = [];
        long[] rounds = new long[64];
        Thread[] threads = [.. Enumerable.Range(0, 64).Select(number => new Thread(() => Caller(number)))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());

        Assert.IsEmpty(failures);
        Assert.IsTrue(rounds.All(count => count > 0), "every thread gets its turn");

        void Caller(int number)
        {
            try
            {
                for (int i = number; !end.IsCancellationRequested || rounds[number] == 0; i++)
                {
                    int size = 1 + (i % 4);
                    int first = i * 5 % (Answers.Length - size);
                    Near(expected[first..(first + size)], scorer.Score(Prompt, Answers[first..(first + size)]));
                    rounds[number]++;
                }
            }
            catch (Exception exception)
            {
                failures.Add(exception);
            }
        }
    }

    private static void Near(float[] expected, float[] actual)
    {
        Assert.HasCount(expected.Length, actual);
        for (int i = 0; i < expected.Length; i++)
        {
            // Mean ids up to 4,096: the last bit of a sum is worth 2e-4 of these rewards.
            Assert.AreEqual(expected[i], actual[i], 1e-5 * Math.Abs(expected[i]), $"answer {i}");
        }
    }
}
