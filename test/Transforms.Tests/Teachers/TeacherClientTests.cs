using System.Net;
using System.Net.Http;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Tests.Teachers;

[TestClass]
public sealed class TeacherClientTests
{
    [TestMethod]
    public async Task GetResponseAsync_SameRequestAgain_ComesFromTheJournal()
    {
        using TemporaryFolder folder = new();
        ScriptedChatClient inner = new(_ => "four");
        using (TeacherClient teacher = new(inner, Options(folder)))
        {
            Assert.AreEqual("four", (await teacher.GetResponseAsync("2 + 2?")).Text);
            Assert.AreEqual("four", (await teacher.GetResponseAsync("2 + 2?")).Text);
            Assert.AreEqual(new TeacherProgress(1, 1, 0, 0, 10, 2), teacher.Progress);
        }

        using TeacherClient other = new(inner, Options(folder));
        Assert.AreEqual("four", (await other.GetResponseAsync("2 + 2?")).Text);
        Assert.AreEqual(1, inner.Calls);

        // Another sampling setting is another request.
        await other.GetResponseAsync("2 + 2?", new ChatOptions { Temperature = 1 });
        Assert.AreEqual(2, inner.Calls);
    }

    [TestMethod]
    public async Task GetResponseAsync_EqualRequestsInFlight_AreOneCall()
    {
        using TemporaryFolder folder = new();
        TaskCompletionSource<string> reply = new();
        ScriptedChatClient inner = new((_, _, _) => reply.Task);
        using TeacherClient teacher = new(inner, Options(folder));
        Task<ChatResponse>[] all = [.. Enumerable.Range(0, 20).Select(_ => teacher.GetResponseAsync("same"))];
        reply.SetResult("one");

        Assert.IsTrue((await Task.WhenAll(all)).All(r => r.Text == "one"));
        Assert.AreEqual(1, inner.Calls);
    }

    [TestMethod]
    public async Task GetResponseAsync_ReplyIsHandedOut_OnlyAfterItIsInTheJournal()
    {
        using TemporaryFolder folder = new();
        ScriptedChatClient inner = new(_ => "x");
        using TeacherClient teacher = new(inner, Options(folder));
        await teacher.GetResponseAsync("a");

        // Another reader of the file sees the reply at once, without this client being closed.
        using TeacherClient reader = new(new ScriptedChatClient(_ => throw new InvalidOperationException("paid twice")), Options(folder));
        Assert.AreEqual("x", (await reader.GetResponseAsync("a")).Text);
    }

    [TestMethod]
    public async Task GetResponseAsync_ManyRequests_KeepTheConcurrencyLimit()
    {
        using TemporaryFolder folder = new();
        ScriptedChatClient inner = new(async (_, _, token) =>
        {
            await Task.Delay(5, token);
            return "x";
        });
        using TeacherClient teacher = new(inner, Options(folder) with { Concurrency = 3 });
        await Task.WhenAll(Enumerable.Range(0, 30).Select(i => teacher.GetResponseAsync($"{i}")));

        Assert.AreEqual(30, inner.Calls);
        Assert.IsLessThanOrEqualTo(3, inner.MostRunning);
    }

    [TestMethod]
    public async Task GetResponseAsync_TransientFailures_AreRetried()
    {
        using TemporaryFolder folder = new();
        Queue<Exception> failures = new([
            new HttpRequestException("busy", null, HttpStatusCode.TooManyRequests),
            new HttpRequestException("broken"),
            new IOException("reset"),
            new StatusException(503)]);
        ScriptedChatClient inner = new(_ => failures.TryDequeue(out Exception? e) ? throw e : "fine");
        using TeacherClient teacher = new(inner, Options(folder));

        Assert.AreEqual("fine", (await teacher.GetResponseAsync("a")).Text);
        Assert.AreEqual(5, teacher.Progress.Calls);
    }

    [TestMethod]
    [DataRow(500, 3, false)]
    [DataRow(400, 1, false)]
    [DataRow(401, 1, true)]
    public async Task GetResponseAsync_LastingFailure_IsNamedAndTriedAgainNextTime(int status, int calls, bool isFatal)
    {
        using TemporaryFolder folder = new();
        bool works = true;
        ScriptedChatClient inner = new(_ => works ? "fine" : throw new StatusException(status));
        using TeacherClient teacher = new(inner, Options(folder) with { MaxRetries = 2 });
        await teacher.GetResponseAsync("before");
        works = false;

        RewardModelingException error = await Assert.ThrowsExactlyAsync<RewardModelingException>(() => teacher.GetResponseAsync("a"));
        StringAssert.Contains(error.Message, $"HTTP status {status}");
        Assert.AreEqual(isFatal, error.Message.Contains("every request", StringComparison.Ordinal));
        Assert.IsFalse(error.Message.Contains("sk-secret", StringComparison.Ordinal));
        Assert.AreEqual(1 + calls, inner.Calls);
        works = true;
        Assert.AreEqual("fine", (await teacher.GetResponseAsync("a")).Text);
        Assert.IsFalse(File.ReadAllText(folder["j.db"], System.Text.Encoding.Latin1).Contains("sk-secret", StringComparison.Ordinal));
    }

    [TestMethod]
    public async Task GetResponseAsync_NoReplyUntilTheDeadline_CountsAsTransient()
    {
        using TemporaryFolder folder = new();
        FakeTimeProvider time = new();
        SemaphoreSlim sent = new(0);
        int calls = 0;
        ScriptedChatClient inner = new(async (_, _, token) =>
        {
            bool hangs = ++calls == 1;
            sent.Release();
            await Task.Delay(hangs ? Timeout.Infinite : 0, token);
            return "second";
        });
        using TeacherClient teacher = new(inner, Options(folder) with { TimeProvider = time, Deadline = TimeSpan.FromMinutes(2) });
        Task<ChatResponse> reply = teacher.GetResponseAsync("a");
        await sent.WaitAsync();
        time.Advance(TimeSpan.FromMinutes(2));
        while (!reply.IsCompleted)
        {
            // The wait before the next attempt is on the same clock.
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(5);
        }

        Assert.AreEqual("second", (await reply).Text);
    }

    [TestMethod]
    public async Task GetResponseAsync_BudgetUsedUp_StopsAndSaysHowToGoOn()
    {
        using TemporaryFolder folder = new();
        ScriptedChatClient inner = new(_ => "x");
        using (TeacherClient teacher = new(inner, Options(folder) with { MaxCalls = 2 }))
        {
            await teacher.GetResponseAsync("1");
            await teacher.GetResponseAsync("2");
            await teacher.GetResponseAsync("1");
            RewardModelingException error = await Assert.ThrowsExactlyAsync<RewardModelingException>(() => teacher.GetResponseAsync("3"));
            Assert.IsTrue(error.CanResume);
            StringAssert.Contains(error.Message, "budget of 2 teacher calls");
        }

        using TeacherClient next = new(inner, Options(folder) with { MaxCalls = 1 });
        await Task.WhenAll(next.GetResponseAsync("1"), next.GetResponseAsync("2"), next.GetResponseAsync("3"));
        Assert.AreEqual(3, inner.Calls);
    }

    [TestMethod]
    public async Task GetResponseAsync_CallsBudgetUnderConcurrency_IsNeverExceeded()
    {
        using TemporaryFolder folder = new();
        ScriptedChatClient inner = new(async (_, _, token) =>
        {
            await Task.Delay(5, token);
            return "x";
        });
        using TeacherClient teacher = new(inner, Options(folder) with { MaxCalls = 7, Concurrency = 16 });
        Task<ChatResponse>[] all = [.. Enumerable.Range(0, 40).Select(i => teacher.GetResponseAsync($"{i}"))];
        await Task.WhenAll(all).ContinueWith(_ => { }, TaskScheduler.Default);

        Assert.AreEqual(7, inner.Calls);
        Assert.AreEqual(7, all.Count(t => t.IsCompletedSuccessfully));
        Assert.IsTrue(all.Where(t => !t.IsCompletedSuccessfully).All(t => t.Exception!.InnerException is RewardModelingException { CanResume: true }));
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task GetResponseAsync_TokenOrCostBudgetUnderConcurrency_IsNeverExceededAndUsed(bool byCost)
    {
        // A call takes 10 + 2 tokens; 2 is the longest reply that is allowed, so 2 is what is reserved for one.
        using TemporaryFolder folder = new();
        ScriptedChatClient inner = new(async (_, _, token) =>
        {
            await Task.Delay(5, token);
            return "x";
        });
        TeacherClientOptions limits = Options(folder) with { Concurrency = 16, MaxOutputTokens = 2 };
        limits = byCost
            ? limits with { MaxCost = 0.000600m, Prices = new Dictionary<string, TeacherPrice> { ["scripted"] = new(1, 1) } }
            : limits with { MaxTokens = 600 };
        using TeacherClient teacher = new(inner, limits);
        Task<ChatResponse>[] all = [.. Enumerable.Range(0, 100).Select(i => teacher.GetResponseAsync($"{i}", new ChatOptions { MaxOutputTokens = 2 }))];
        await Task.WhenAll(all).ContinueWith(_ => { }, TaskScheduler.Default);

        long used = teacher.Progress.InputTokens + teacher.Progress.OutputTokens;
        Assert.IsLessThanOrEqualTo(600, used);
        Assert.IsGreaterThan(500, used, "the rest of a budget lies idle");
        Assert.IsTrue(all.Where(t => !t.IsCompletedSuccessfully).All(t => t.Exception!.InnerException!.Message.Contains("budget of", StringComparison.Ordinal)));
    }

    [TestMethod]
    public async Task GetResponseAsync_CallerGivesUp_KeepsTheReplyThatWasPaidFor()
    {
        using TemporaryFolder folder = new();
        TaskCompletionSource<string> reply = new();
        SemaphoreSlim sent = new(0);
        ScriptedChatClient inner = new((_, _, _) =>
        {
            sent.Release();
            return reply.Task;
        });
        using (TeacherClient teacher = new(inner, Options(folder)))
        {
            using CancellationTokenSource cancel = new();
            Task<ChatResponse> asked = teacher.GetResponseAsync("a", cancellationToken: cancel.Token);
            await sent.WaitAsync();
            await cancel.CancelAsync();
            await Assert.ThrowsAsync<OperationCanceledException>(() => asked);
            reply.SetResult("kept");
        }

        using TeacherClient next = new(new ScriptedChatClient(_ => throw new InvalidOperationException("paid twice")), Options(folder));
        Assert.AreEqual("kept", (await next.GetResponseAsync("a")).Text);
    }

    [TestMethod]
    public async Task GetResponseAsync_OptionsTokenCancelled_SendsNothing()
    {
        using TemporaryFolder folder = new();
        ScriptedChatClient inner = new(_ => "x");
        using TeacherClient teacher = new(inner, Options(folder) with { CancellationToken = new CancellationToken(canceled: true) });

        await Assert.ThrowsAsync<OperationCanceledException>(() => teacher.GetResponseAsync("a"));
        Assert.AreEqual(0, inner.Calls);
    }

    [TestMethod]
    public async Task GetResponseAsync_ToolsOrImages_AreRefused()
    {
        using TemporaryFolder folder = new();
        using TeacherClient teacher = new(new ScriptedChatClient(_ => "x"), Options(folder));

        await Assert.ThrowsExactlyAsync<NotSupportedException>(() => teacher.GetResponseAsync(new ChatMessage(ChatRole.User, [new DataContent(new byte[] { 1 }, "image/png")])));
        await Assert.ThrowsExactlyAsync<NotSupportedException>(() => teacher.GetResponseAsync("a", new ChatOptions { Tools = [AIFunctionFactory.Create(() => 1, "f")] }));
    }

    [TestMethod]
    public void Constructor_BadOptions_NamesEveryError()
    {
        ArgumentException error = Assert.ThrowsExactly<ArgumentException>(() => new TeacherClient(
            new ScriptedChatClient(_ => "x"), new TeacherClientOptions { Concurrency = 0, MaxRetries = -1, Deadline = TimeSpan.Zero, JournalPath = " " }));

        foreach (string name in new[] { "JournalPath", "Concurrency is 0; expected 1-1024", "MaxRetries", "Deadline" })
        {
            StringAssert.Contains(error.Message, name);
        }
    }

    [TestMethod]
    public void Constructor_ClientWithoutModelId_AsksForOne()
    {
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => new TeacherClient(new ScriptedChatClient(_ => "x") { ModelId = null })).Message, "ModelId");
        using TeacherClient named = new(new ScriptedChatClient(_ => "x") { ModelId = null }, new TeacherClientOptions { ModelId = "mine" });
        Assert.AreEqual("mine", named.ModelId);
    }

    private static TeacherClientOptions Options(TemporaryFolder folder) => new() { JournalPath = folder["j.db"], RetryDelay = TimeSpan.Zero };

    /// <summary>Carries its status as the exceptions of System.ClientModel do.</summary>
    private sealed class StatusException(int status) : Exception("key sk-secret was refused")
    {
        public int Status => status;
    }
}
