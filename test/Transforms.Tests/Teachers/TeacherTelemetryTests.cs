using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.ML.RewardModeling.Teachers;
using OpenAI;
using RewardModeling.Testing;
using RewardModeling.Testing.Chat;

namespace Microsoft.ML.RewardModeling.Tests.Teachers;

/// <summary>What a run shows of itself to the outside, against a server that echoes secrets.</summary>
[TestClass]
public sealed class TeacherTelemetryTests
{
    private const string Key = "sk-very-secret-7";
    private const string InAddress = "user-secret-8";
    private const string InQuery = "query-secret-9";
    private const string InPrompt = "prompt-secret-10";

    [TestMethod]
    public async Task Run_LogsMetersAndActivities_FollowTheConventionsAndHoldNoSecret()
    {
        using TemporaryFolder folder = new();
        string model = "judge-" + Path.GetFileName(folder.Path);
        Lines lines = new();
        List<(string Name, string? Unit, double Value, Dictionary<string, object?> Tags)> measured = [];
        List<Activity> activities = [];
        using MeterListener meters = new() { InstrumentPublished = (i, l) => { if (i.Meter.Name == TeacherTelemetry.Name) { l.EnableMeasurementEvents(i); } } };
        meters.SetMeasurementEventCallback<double>((i, value, tags, _) => Add(i, value, tags));
        meters.SetMeasurementEventCallback<long>((i, value, tags, _) => Add(i, value, tags));
        meters.Start();
        using ActivityListener listener = new()
        {
            ShouldListenTo = source => source.Name == TeacherTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                lock (activities)
                {
                    activities.Add(activity);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        await using ChatServer server = await ChatServer.StartAsync(_ => "fine");
        int refused = 0;
        server.Refuse = call => call.Messages[^1].Content switch
        {
            "bad" => 400,
            "late" when Interlocked.Increment(ref refused) == 1 => 503,
            _ => null,
        };
        Uri endpoint = new(server.Endpoint.Replace("http://", $"http://{InAddress}:{InAddress}@", StringComparison.Ordinal) + $"?api-key={InQuery}");
        IChatClient chat = new OpenAIClient(
            new System.ClientModel.ApiKeyCredential(Key), new OpenAIClientOptions { Endpoint = endpoint, RetryPolicy = new System.ClientModel.Primitives.ClientRetryPolicy(0) })
            .GetChatClient(model).AsIChatClient();
        List<string> errors = [];
        using (TeacherClient teacher = new(chat, new TeacherClientOptions { JournalPath = folder["j.db"], RetryDelay = TimeSpan.FromMilliseconds(20), LoggerFactory = lines }))
        {
            await teacher.GetResponseAsync(InPrompt);
            await teacher.GetResponseAsync(InPrompt);
            await teacher.GetResponseAsync("late");
            errors.Add((await Assert.ThrowsExactlyAsync<RewardModelingException>(() => teacher.GetResponseAsync("bad"))).ToString());
            server.Refuse = _ => 401;
            errors.Add((await Assert.ThrowsExactlyAsync<RewardModelingException>(() => teacher.GetResponseAsync("more"))).ToString());
        }

        // What somebody reads who watches the log.
        string[] log = [.. lines.All];
        CollectionAssert.Contains(log, $"Debug: Teacher {model}: attempt 1 of task chat failed: HTTP status 503.");
        Assert.IsTrue(log.Any(l => l.StartsWith($"Warning: Teacher {model}: a request of task chat failed for good after 1 attempts: HTTP status 400", StringComparison.Ordinal)));
        Assert.AreEqual(1, log.Count(l => l.StartsWith($"Error: Teacher {model}: the run stops: ", StringComparison.Ordinal)));
        Assert.IsTrue(log[^1].StartsWith($"Information: Teacher {model}: 5 calls, 1 from the journal, 2 failed", StringComparison.Ordinal), log[^1]);

        // Names, units and tags of OpenTelemetry's conventions for generative AI.
        var durations = measured.Where(m => m.Name == "gen_ai.client.operation.duration").ToArray();
        Assert.HasCount(5, durations);
        Assert.IsTrue(durations.All(d => d.Unit == "s" && d.Value is > 0 and < 60 && (string?)d.Tags["gen_ai.operation.name"] == "chat"
            && (string?)d.Tags["gen_ai.provider.name"] == "openai" && (string?)d.Tags["gen_ai.request.model"] == model));
        CollectionAssert.AreEqual(
            new string?[] { null, "503", "", "400", "401" }.Select(e => e is null or "" ? null : $"HTTP status {e}").ToArray(),
            durations.Select(d => (string?)d.Tags.GetValueOrDefault("error.type")).ToArray());
        var tokens = measured.Where(m => m.Name == "gen_ai.client.token.usage").ToArray();
        Assert.IsTrue(tokens.All(t => t.Unit == "{token}"));
        CollectionAssert.AreEqual(new[] { "input", "output", "input", "output" }, tokens.Select(t => (string?)t.Tags["gen_ai.token.type"]).ToArray());
        Assert.AreEqual(server.Log.Sum(l => l.Tokens), (int)tokens.Sum(t => t.Value));
        Assert.AreEqual(1, measured.Where(m => m.Name == "reward_modeling.teacher.journal_hits").Sum(m => m.Value));
        Assert.AreEqual(1, measured.Where(m => m.Name == "reward_modeling.teacher.retries").Sum(m => m.Value));
        Activity[] own = [.. activities.Where(a => a.DisplayName == $"chat {model}")];
        Assert.HasCount(5, own);
        Assert.IsTrue(own.All(a => a.Kind == ActivityKind.Client && (string?)a.GetTagItem("gen_ai.operation.name") == "chat" && (string?)a.GetTagItem("gen_ai.request.model") == model));
        Assert.AreEqual(3, own.Count(a => a.Status == ActivityStatusCode.Error && a.GetTagItem("error.type") is not null));
        Assert.AreEqual(2, own.Count(a => a.GetTagItem("gen_ai.usage.input_tokens") is long and > 0 && a.GetTagItem("gen_ai.usage.output_tokens") is long and > 0));

        // Secrets reach the server and nothing else.
        StringAssert.Contains(server.Authorization, Key);
        string told = string.Join('\n', log) + string.Join('\n', errors)
            + string.Join('\n', own.SelectMany(a => a.TagObjects).Select(t => $"{t.Value}")) + string.Join('\n', measured.SelectMany(m => m.Tags.Values));
        foreach (string secret in new[] { Key, InAddress, InQuery, InPrompt, "sk-test" })
        {
            Assert.IsFalse(told.Contains(secret, StringComparison.Ordinal), secret);
        }

        string journal = System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(folder["j.db"]));
        foreach (string secret in new[] { Key, InAddress, InQuery, "sk-test" })
        {
            Assert.IsFalse(journal.Contains(secret, StringComparison.Ordinal), secret);
        }

        void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            Dictionary<string, object?> all = new(tags.ToArray());
            if ((string?)all.GetValueOrDefault("gen_ai.request.model") == model)
            {
                lock (measured)
                {
                    measured.Add((instrument.Name, instrument.Unit, value, all));
                }
            }
        }
    }

    private sealed class Lines : ILoggerFactory, ILogger
    {
        private readonly List<string> _lines = [];

        public IReadOnlyList<string> All => _lines;

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_lines)
            {
                _lines.Add($"{logLevel}: {formatter(state, exception)}{exception}");
            }
        }

        public void Dispose()
        {
        }
    }
}
