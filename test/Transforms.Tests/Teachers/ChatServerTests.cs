using System.ClientModel;
using System.ClientModel.Primitives;
using System.Diagnostics;
using Microsoft.Extensions.AI;
using Microsoft.ML.RewardModeling.Teachers;
using OpenAI;
using RewardModeling.Testing;
using RewardModeling.Testing.Chat;

namespace Microsoft.ML.RewardModeling.Tests.Teachers;

/// <summary>The engine through the official client against a real server.</summary>
[TestClass]
public sealed class ChatServerTests
{
    [TestMethod]
    public async Task Transforms_BadDay_LoseAndDoubleNothing()
    {
        const int Rows = 100;
        using TemporaryFolder folder = new();
        await using ChatServer server = await ChatServer.StartAsync(Judge.Reply, TimeSpan.FromMilliseconds(20), ChatFaults.BadDay(seed: 7));
        TeacherClientOptions options = Options(folder) with
        {
            Concurrency = 64,
            Deadline = TimeSpan.FromSeconds(4),
            RequestsPerMinute = 400,
            TokensPerMinute = 400_000,
            LimitWindow = TimeSpan.FromSeconds(4),
        };
        string[] first;
        using (TeacherClient teacher = new(Client(server), options))
        {
            first = Distil(teacher, Rows);
            Assert.AreEqual(server.Log.Count(line => line.Outcome == ChatOutcome.Answered), server.Log.Where(l => l.Outcome == ChatOutcome.Answered).Select(l => l.Key).Distinct().Count(), "paid twice");
            Assert.IsLessThanOrEqualTo(64, server.MostRunning);
        }

        CollectionAssert.AreEqual(Enumerable.Range(0, Rows).Select(i => $"row {i}").ToArray(), first.Select(line => line.Split('|')[0]).ToArray());
        string[] statuses = [.. first.Select(line => line.Split('|')[1])];
        Assert.IsGreaterThan(Rows * 9 / 10, statuses.Count(s => s is TeacherStatus.Ok or TeacherStatus.Tie));
        Assert.IsTrue(statuses.All(s => s is TeacherStatus.Ok or TeacherStatus.Tie || s.EndsWith("-unparseable", StringComparison.Ordinal) || s.EndsWith("-call-failed", StringComparison.Ordinal)));

        // The limits hold in the server's own log, over every window.
        ChatLogLine[] log = [.. server.Log.OrderBy(line => line.Arrived)];
        for (int i = 0; i < log.Length; i++)
        {
            ChatLogLine[] window = [.. log.Skip(i).TakeWhile(line => line.Arrived - log[i].Arrived < options.LimitWindow)];
            Assert.IsLessThanOrEqualTo(400, window.Length);
            Assert.IsLessThanOrEqualTo(400_000, window.Sum(line => line.Tokens));
        }

        // What the journal holds is the same again, for nothing.
        int calls = log.Length;
        using TeacherClient again = new(Client(server), options);
        string[] second = Distil(again, Rows);
        CollectionAssert.AreEqual(first.Where(l => !l.Contains("-call-failed", StringComparison.Ordinal)).ToArray(), second.Where(l => !first.Contains(l) ? false : !l.Contains("-call-failed", StringComparison.Ordinal)).ToArray());
        Assert.IsLessThan(calls / 10, server.Log.Count - calls);
    }

    [TestMethod]
    public async Task GetResponseAsync_EndpointGoesDown_PausesAndGoesOn()
    {
        using TemporaryFolder folder = new();
        await using ChatServer server = await ChatServer.StartAsync(_ => "fine", TimeSpan.FromMilliseconds(5));
        List<bool> pauses = [];
        using TeacherClient teacher = new(Client(server), Options(folder) with
        {
            Concurrency = 4,
            MaxRetries = 1,
            Progress = new Callback(p =>
            {
                lock (pauses)
                {
                    pauses.Add(p.IsPaused);
                }
            }),
        });
        await teacher.GetResponseAsync("before");
        server.IsDown = true;
        Task<ChatResponse[]> all = Task.WhenAll(Enumerable.Range(0, 12).Select(i => teacher.GetResponseAsync($"{i}")));
        while (!teacher.Progress.IsPaused && !all.IsCompleted)
        {
            await Task.Delay(10);
        }

        int sent = server.Log.Count;
        await Task.Delay(500);
        Assert.IsLessThanOrEqualTo(sent + 6, server.Log.Count, "a pause that goes on asking");
        server.IsDown = false;

        // With one retry, a row that counted the outage as its own failure would be lost.
        int lost = 0;
        try
        {
            await all;
        }
        catch (RewardModelingException)
        {
            lost = 1;
        }

        Assert.AreEqual(0, lost);
        Assert.IsFalse(teacher.Progress.IsPaused);
        Assert.IsTrue(pauses.Contains(true));
    }

    [TestMethod]
    public async Task GetResponseAsync_RetryAfter_IsHonoured()
    {
        using TemporaryFolder folder = new();
        await using ChatServer server = await ChatServer.StartAsync(_ => "fine", faults: new ChatFaults(3) { Throttled = 0.5 });
        using TeacherClient teacher = new(Client(server), Options(folder) with { Concurrency = 8, MaxRetries = 10 });
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => teacher.GetResponseAsync($"{i}")));

        ChatLogLine[] throttled = [.. server.Log.Where(line => line.Outcome == ChatOutcome.Throttled)];
        Assert.IsNotEmpty(throttled);
        foreach (ChatLogLine line in throttled)
        {
            TimeSpan next = server.Log.Where(l => l.Key == line.Key && l.Arrived > line.Arrived).Min(l => l.Arrived);
            Assert.IsGreaterThanOrEqualTo(TimeSpan.FromSeconds(0.99), next - line.Arrived);
        }
    }

    [TestMethod]
    public async Task TeacherRespond_Concurrency64_KeepsTheEndpointBusy()
    {
        const int Rows = 640;
        using TemporaryFolder folder = new();
        await using ChatServer server = await ChatServer.StartAsync(_ => "An answer.", TimeSpan.FromMilliseconds(200), keepsLog: false);
        using TeacherClient teacher = new(Client(server), Options(folder) with { Concurrency = 64 });
        await teacher.GetResponseAsync("warm up");
        Stopwatch watch = Stopwatch.StartNew();
        MLContext ml = new(1);
        IDataView pairs = ml.RewardModeling.LoadPairs(Pairs(Rows));
        int rows = ml.Data.CreateEnumerable<Row>(ml.RewardModeling.TeacherRespond(teacher).Fit(pairs).Transform(pairs), reuseRowObject: false, ignoreMissingColumns: true).Count();
        watch.Stop();

        Assert.AreEqual(Rows, rows);
        Assert.AreEqual(64, server.MostRunning);

        // Ideal is 2 s; the suite shares its machine, so the exact figure is measured by bench/TeacherThroughput.
        Assert.IsLessThan(10.0, watch.Elapsed.TotalSeconds);
    }

    private static IChatClient Client(ChatServer server) => new OpenAIClient(
        new ApiKeyCredential("sk-test"), new OpenAIClientOptions { Endpoint = new Uri(server.Endpoint), RetryPolicy = new ClientRetryPolicy(0) })
        .GetChatClient("judge").AsIChatClient();

    private static TeacherClientOptions Options(TemporaryFolder folder) => new() { JournalPath = folder["j.db"], RetryDelay = TimeSpan.FromMilliseconds(50) };

    private static IEnumerable<PreferencePair> Pairs(int rows) => Enumerable.Range(0, rows).Select(i => new PreferencePair
    {
        Id = $"row {i}",
        Prompt = $"Question {i}: what is {i} + {i}?",
        Chosen = $"It is {i + i}.",
        Rejected = $"Some number near {i}.",
    });

    private static string[] Distil(TeacherClient teacher, int rows)
    {
        MLContext ml = new(1);
        IDataView view = ml.RewardModeling.LoadPairs(Pairs(rows));
        view = ml.RewardModeling.TeacherScoreMargin(teacher).Fit(view).Transform(view);
        view = ml.RewardModeling.TeacherRefinePairs(teacher).Fit(view).Transform(view);
        return [.. ml.Data.CreateEnumerable<Row>(view, reuseRowObject: false, ignoreMissingColumns: true).Select(r => $"{r.Id}|{r.TeacherStatus}|{r.RefinedChosen}|{r.ChosenScore}")];
    }

    private sealed class Row
    {
        public string Id { get; set; } = string.Empty;

        public string TeacherStatus { get; set; } = string.Empty;

        public string RefinedChosen { get; set; } = string.Empty;

        public float ChosenScore { get; set; }
    }

    private sealed class Callback(Action<TeacherProgress> report) : IProgress<TeacherProgress>
    {
        public void Report(TeacherProgress value) => report(value);
    }
}
