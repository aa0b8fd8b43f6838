using System.ClientModel;
using System.ClientModel.Primitives;
using System.Diagnostics;
using Microsoft.Extensions.AI;
using OpenAI;
using RewardModeling.Testing;
using RewardModeling.Testing.Chat;

namespace Microsoft.ML.RewardModeling.Tests.Teachers;

/// <summary>An endpoint that is down, or only seems so, through the official client.</summary>
[TestClass]
public sealed class OutageTests
{
    [TestMethod]
    [DataRow(1, false)]
    [DataRow(8, false)]
    [DataRow(1, true)]
    public async Task GetResponseAsync_EndpointDownFromTheFirstCall_WaitsAndLosesNothing(int concurrency, bool isUnreachable)
    {
        using TemporaryFolder folder = new();
        int port = ChatServer.FreePort();
        ChatServer? server = isUnreachable ? null : await ChatServer.StartAsync(_ => "fine", port: port);
        if (server is not null)
        {
            server.IsDown = true;
        }

        try
        {
            using TeacherClient teacher = new(Client($"http://127.0.0.1:{port}/v1"), Options(folder) with { Concurrency = concurrency, MaxRetries = 0 });
            Task<ChatResponse[]> all = Task.WhenAll(Enumerable.Range(0, 6).Select(i => teacher.GetResponseAsync($"{i}")));
            await WaitUntil(() => teacher.Progress.IsPaused || all.IsCompleted);
            Assert.IsFalse(all.IsCompleted, "a row was failed for the outage");
            StringAssert.StartsWith(teacher.Progress.PauseReason, isUnreachable ? "no connection (ConnectionError)" : "HTTP status 50");
            server ??= await ChatServer.StartAsync(_ => "fine", port: port);
            server.IsDown = false;

            Assert.HasCount(6, await all.WaitAsync(TimeSpan.FromSeconds(30)));
            Assert.IsFalse(teacher.Progress.IsPaused);
            Assert.AreEqual(0, teacher.Progress.Failures);
        }
        finally
        {
            await (server?.DisposeAsync() ?? default);
        }
    }

    [TestMethod]
    public async Task Transform_EndpointNeverThere_StopsAfterTheLimitAndMarksNothingFailed()
    {
        using TemporaryFolder folder = new();
        using (TeacherClient teacher = new(
            Client($"http://127.0.0.1:{ChatServer.FreePort()}/v1"), Options(folder) with { Concurrency = 4, OutageLimit = TimeSpan.FromSeconds(2) }))
        {
            MLContext ml = new(1);
            IDataView pairs = ml.RewardModeling.LoadPairs(Enumerable.Range(0, 20).Select(i => new PreferencePair { Id = $"{i}", Prompt = $"{i}?", Chosen = "a", Rejected = "b" }));
            IDataView view = ml.RewardModeling.TeacherScoreMargin(teacher).Fit(pairs).Transform(pairs);
            Stopwatch watch = Stopwatch.StartNew();
            RewardModelingException error = Assert.ThrowsExactly<RewardModelingException>(() => ml.RewardModeling.SavePairs(view, folder["out.jsonl"]));

            Assert.IsLessThan(20, watch.Elapsed.TotalSeconds);
            Assert.IsTrue(error.CanResume);
            foreach (string word in new[] { "has not answered for 00:00:02", "no connection (ConnectionError)", "run the same again" })
            {
                StringAssert.Contains(error.Message, word);
            }

            Assert.IsFalse(File.Exists(folder["out.jsonl"]));
        }

        using TeacherJournalReader reader = TeacherJournalReader.Open(folder["j.db"]);
        Assert.IsEmpty(reader.Statistics(), "an outage was written down as a failure of rows");
    }

    [TestMethod]
    [DataRow(401)]
    [DataRow(403)]
    [DataRow(404)]
    public async Task GetResponseAsync_WrongKeyOrAddress_IsToldAtOnce(int status)
    {
        using TemporaryFolder folder = new();
        await using ChatServer server = await ChatServer.StartAsync(_ => "fine");
        server.Refuse = _ => status;
        using TeacherClient teacher = new(Client(server.Endpoint), Options(folder));
        RewardModelingException error = await Assert.ThrowsExactlyAsync<RewardModelingException>(() => teacher.GetResponseAsync("a").WaitAsync(TimeSpan.FromSeconds(20)));

        StringAssert.Contains(error.Message, $"HTTP status {status}");
        StringAssert.Contains(error.Message, "Check the endpoint, the model's name and the key");
        Assert.HasCount(1, server.Log);
    }

    [TestMethod]
    public async Task GetResponseAsync_NoSuchHost_IsToldAtOnce()
    {
        using TemporaryFolder folder = new();
        string host = "no-such-host.invalid";
        using TeacherClient teacher = new(Client($"http://{host}/v1"), Options(folder) with { OutageLimit = TimeSpan.FromSeconds(5), RetryDelay = TimeSpan.FromSeconds(30) });
        Exception error = await Assert.ThrowsAsync<Exception>(() => teacher.GetResponseAsync("a").WaitAsync(TimeSpan.FromSeconds(25)));
        if (error.Message.Contains("has not answered", StringComparison.Ordinal))
        {
            Assert.Inconclusive("skipped: the resolver of this machine does not say that a name does not exist");
        }

        StringAssert.Contains(error.Message, "no connection (NameResolutionError)");
        StringAssert.Contains(error.Message, "Check the endpoint");
    }

    [TestMethod]
    public async Task GetResponseAsync_OneRequestAlwaysFails_FailsAloneAtConcurrencyOne()
    {
        using TemporaryFolder folder = new();
        await using ChatServer server = await ChatServer.StartAsync(_ => "fine");
        server.Refuse = call => call.Messages[^1].Content == "poison" ? 503 : null;
        using TeacherClient teacher = new(Client(server.Endpoint), Options(folder) with { Concurrency = 1, MaxRetries = 4 });

        // The poison comes first: nothing has been answered yet, but the others are, as soon as they may probe.
        Task<ChatResponse> poison = teacher.GetResponseAsync("poison");
        await WaitUntil(() => server.Log.Count > 0);
        await Task.WhenAll(Enumerable.Range(0, 3).Select(i => teacher.GetResponseAsync($"{i}"))).WaitAsync(TimeSpan.FromSeconds(30));
        StringAssert.Contains((await Assert.ThrowsExactlyAsync<RewardModelingException>(() => poison.WaitAsync(TimeSpan.FromSeconds(30)))).Message, "HTTP status 503");

        // Alone at the end of a run.
        await Assert.ThrowsExactlyAsync<RewardModelingException>(() => teacher.GetResponseAsync("poison").WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.IsFalse(teacher.Progress.IsPaused);

        // And in the next run, in which nothing else is left to ask.
        using TeacherClient next = new(Client(server.Endpoint), Options(folder) with { Concurrency = 1, MaxRetries = 4 });
        await Assert.ThrowsExactlyAsync<RewardModelingException>(() => next.GetResponseAsync("poison").WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [TestMethod]
    public async Task GetResponseAsync_OutageLimitZero_FailsRowsInsteadOfWaiting()
    {
        using TemporaryFolder folder = new();
        await using ChatServer server = await ChatServer.StartAsync(_ => "fine");
        server.IsDown = true;
        using TeacherClient teacher = new(Client(server.Endpoint), Options(folder) with { OutageLimit = TimeSpan.Zero, MaxRetries = 2 });
        Task<ChatResponse>[] all = [.. Enumerable.Range(0, 20).Select(i => teacher.GetResponseAsync($"{i}"))];
        await Task.WhenAll(all).ContinueWith(_ => { }, TaskScheduler.Default).WaitAsync(TimeSpan.FromSeconds(30));

        Assert.IsTrue(all.All(t => t.Exception!.InnerException!.Message.Contains("HTTP status 503", StringComparison.Ordinal)));
        Assert.HasCount(60, server.Log);
    }

    private static async Task WaitUntil(Func<bool> condition)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.IsLessThan(30, watch.Elapsed.TotalSeconds, "Waited in vain.");
            await Task.Delay(5);
        }
    }

    private static IChatClient Client(string endpoint) => new OpenAIClient(
        new ApiKeyCredential("sk-test"), new OpenAIClientOptions { Endpoint = new Uri(endpoint), RetryPolicy = new ClientRetryPolicy(0) })
        .GetChatClient("judge").AsIChatClient();

    private static TeacherClientOptions Options(TemporaryFolder folder) => new() { JournalPath = folder["j.db"], RetryDelay = TimeSpan.FromMilliseconds(50) };
}
