using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Tests.Teachers;

[TestClass]
public sealed class DeferredCallsTests
{
    private static readonly MLContext Ml = new(seed: 1);

    [TestMethod]
    public void Waves_EveryReplyComes_ThreeGiveTheRowsOfADirectRun()
    {
        using TemporaryFolder folder = new();
        using RecordedTeacher recorded = RecordedTeacher.Load(TestData.Own("first-party"));
        byte[] direct = Direct(folder, recorded);

        BatchService service = new(recorded);
        List<int> waves = Run(folder, service, []);

        CollectionAssert.AreEqual(direct, File.ReadAllBytes(folder["deferred.jsonl"]));
        Assert.HasCount(3, waves);
        Assert.AreEqual(0, service.Unused);
    }

    [TestMethod]
    public void Waves_ShuffledWithFailuresInSeveralFiles_EndInTheRowsOfADirectRun()
    {
        using TemporaryFolder folder = new();
        using RecordedTeacher recorded = RecordedTeacher.Load(TestData.Own("first-party"));
        byte[] direct = Direct(folder, recorded);

        // A fifth of the results are failures of three kinds; none often enough to be final.
        BatchService service = new(recorded) { Failures = new Random(7), Shuffle = new Random(11) };
        List<int> waves = Run(folder, service, new DeferredCallsOptions { MaxAttempts = 100, MaxFileRequests = 40 });

        CollectionAssert.AreEqual(direct, File.ReadAllBytes(folder["deferred.jsonl"]));
        Assert.IsGreaterThan(3, waves.Count);
        Assert.IsGreaterThan(20, service.Failed);
    }

    [TestMethod]
    public void Reply_RequestRefusedByTheService_MarksTheRowAndIsNotSentAgain()
    {
        using TemporaryFolder folder = new();
        using RecordedTeacher recorded = RecordedTeacher.Load(TestData.Own("first-party"));
        BatchService service = new(recorded) { Refuse = (_, number) => number == 0 };
        List<int> waves = Run(folder, service, []);

        Assert.AreEqual(1, PairFile.Read(folder["deferred.jsonl"]).Count(p => p.Status!.EndsWith("-call-failed", StringComparison.Ordinal)));
        Assert.HasCount(3, waves);

        // The teacher's own answer came with the same wave and was not needed any more.
        Assert.AreEqual(1, service.Unused);

        // Asked again later, the failure stands without another batch.
        using DeferredCalls later = new();
        Assert.AreEqual(0, Pass(folder, recorded, later).Failures.GetValueOrDefault("outstanding"));
        Assert.AreEqual(0, later.Outstanding);
    }

    [TestMethod]
    public void Reply_ResultThatFailsTooOften_MarksTheRow()
    {
        using TemporaryFolder folder = new();
        using RecordedTeacher recorded = RecordedTeacher.Load(TestData.Own("first-party"));
        BatchService service = new(recorded) { Refuse = (id, _) => id[0] == '0', RefusalStatus = 500 };
        List<int> waves = Run(folder, service, new DeferredCallsOptions { MaxAttempts = 2 });

        Assert.IsGreaterThan(0, PairFile.Read(folder["deferred.jsonl"]).Count(p => p.Status!.EndsWith("-call-failed", StringComparison.Ordinal)));
        Assert.IsLessThan(8, waves.Count);
    }

    [TestMethod]
    public void WriteBatch_SameCalls_SameBytesAndEveryLineIsARequest()
    {
        using TemporaryFolder folder = new();
        using RecordedTeacher recorded = RecordedTeacher.Load(TestData.Own("first-party"));
        byte[][] written = [.. new[] { "a.jsonl", "b.jsonl" }.Select(name =>
        {
            using DeferredCalls calls = new();
            Pass(folder, recorded, calls, topLogProbabilities: 5);
            Assert.AreEqual(folder[name], calls.WriteBatch(folder[name]).Single());
            return File.ReadAllBytes(folder[name]);
        })];

        CollectionAssert.AreEqual(written[0], written[1]);
        JsonNode line = JsonNode.Parse(File.ReadLines(folder["a.jsonl"]).First())!;
        CollectionAssert.AreEqual(new[] { "custom_id", "method", "url", "body" }, line.AsObject().Select(p => p.Key).ToArray());
        Assert.AreEqual(("POST", "/v1/chat/completions"), ((string?)line["method"], (string?)line["url"]));
        JsonNode body = line["body"]!;
        Assert.IsTrue((bool)body["logprobs"]!);
        Assert.AreEqual((5, 0f), ((int)body["top_logprobs"]!, (float)body["temperature"]!));
        Assert.AreEqual(64, ((string)line["custom_id"]!).Length);
        Assert.IsNotNull((string)body["messages"]![0]!["content"]!);
    }

    [TestMethod]
    public void WriteBatch_PastTheLimits_IsSplitIntoNumberedFiles()
    {
        using TemporaryFolder folder = new();
        using RecordedTeacher recorded = RecordedTeacher.Load(TestData.Own("first-party"));
        using DeferredCalls byLines = new(new DeferredCallsOptions { MaxFileRequests = 100 });
        Pass(folder, recorded, byLines);
        IReadOnlyList<string> files = byLines.WriteBatch(folder["lines.jsonl"]);
        Assert.AreEqual((byLines.Outstanding + 99) / 100, files.Count);
        Assert.AreEqual(folder["lines-001.jsonl"], files[0]);
        Assert.AreEqual(byLines.Outstanding, files.SelectMany(File.ReadLines).Select(l => (string?)JsonNode.Parse(l)!["custom_id"]).Distinct().Count());
        Assert.IsFalse(File.Exists(folder["lines.jsonl"]));

        using DeferredCalls byBytes = new(new DeferredCallsOptions { MaxFileBytes = 100_000 });
        Pass(folder, recorded, byBytes);
        files = byBytes.WriteBatch(folder["bytes.jsonl"]);
        Assert.IsGreaterThan(2, files.Count);
        Assert.IsTrue(files.All(f => new FileInfo(f).Length <= 100_000));
        Assert.AreEqual(byBytes.Outstanding, files.SelectMany(File.ReadLines).Count());
    }

    [TestMethod]
    public void Constructor_FilesThatHoldNoResults_NamePathAndLine()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["cut.jsonl"], "{\"custom_id\":\"a\",\"response\":null,\"error\":null}\n{\"custom_id\":\"b\",\"resp");
        File.WriteAllText(folder["batch.jsonl"], "{\"custom_id\":\"a\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{}}\n");
        File.WriteAllText(folder["list.jsonl"], "[]\n");

        StringAssert.Contains(Fails("cut.jsonl"), "cut.jsonl:2");
        StringAssert.Contains(Fails("batch.jsonl"), "not the one that was sent");
        StringAssert.Contains(Fails("list.jsonl"), "list.jsonl:1");
        StringAssert.Contains(Fails("absent.jsonl"), "absent.jsonl");

        string Fails(string name) => Assert.ThrowsExactly<RewardModelingException>(() => new DeferredCalls(new DeferredCallsOptions { Results = [folder[name]] }).Dispose()).Message;
    }

    [TestMethod]
    public void Results_OddShapes_AreFailuresAndNeverThrow()
    {
        using TemporaryFolder folder = new();
        string[] responses =
        [
            "null", "7", "[]", "{}", "{\"status_code\":\"x\"}", "{\"status_code\":1e99,\"body\":{\"choices\":[{}]}}", "{\"status_code\":200,\"body\":{\"choices\":[]}}",
            "{\"status_code\":200,\"body\":{\"choices\":[{\"message\":{\"content\":\"\\ud800\"},\"logprobs\":{\"content\":[{\"token\":3,\"logprob\":\"x\",\"top_logprobs\":[1]}]}}],\"usage\":{\"prompt_tokens\":-1.5}}}",
        ];
        File.WriteAllLines(folder["odd.jsonl"], responses.Select((r, i) => $"{{\"custom_id\":\"{i}\",\"response\":{r},\"error\":{(i % 2 == 0 ? "null" : "{\"code\":\"batch_expired\",\"message\":\"sk-secret\"}")}}}\r"));

        using DeferredCalls calls = new(new DeferredCallsOptions { Results = [folder["odd.jsonl"]] });
        Assert.AreEqual(responses.Length, calls.Results);
        for (int i = 0; i < responses.Length; i++)
        {
            _ = calls.Reply(new(i.ToString(System.Globalization.CultureInfo.InvariantCulture), "respond", "m", "{}", "[]", new ChatOptions()));
        }

        Assert.AreEqual(0, calls.Unused);
        Assert.IsTrue(calls.Failures.ContainsKey("batch: batch_expired"));
        Assert.IsFalse(calls.Failures.Keys.Any(k => k.Contains("sk-", StringComparison.Ordinal)));
    }

    /// <summary>Waves until nothing is outstanding; the calls in each.</summary>
    private static List<int> Run(TemporaryFolder folder, BatchService service, DeferredCallsOptions options)
    {
        List<int> waves = [];
        string[] results = [];
        while (true)
        {
            using DeferredCalls calls = new(options with { Results = results });
            SavedPairs saved = Pass(folder, service.Teacher, calls);
            service.Unused += calls.Unused;
            Assert.AreEqual(calls.Outstanding > 0, saved.Failures.ContainsKey("outstanding"));
            if (calls.Outstanding == 0)
            {
                return waves;
            }

            Assert.IsLessThan(30, waves.Count, "The waves do not end.");
            waves.Add(calls.Outstanding);
            results = [.. calls.WriteBatch(folder[$"wave{waves.Count}.jsonl"]).Select(service.Answer)];
        }
    }

    private static List<int> Run(TemporaryFolder folder, BatchService service, string[] none)
        => Run(folder, service, new DeferredCallsOptions { Results = none });

    private static SavedPairs Pass(TemporaryFolder folder, IChatClient teacher, DeferredCalls calls, int topLogProbabilities = 0)
    {
        using TeacherClient client = new(teacher, new TeacherClientOptions
        {
            JournalPath = folder["deferred.db"],
            DeferTo = calls,
            TopLogProbabilities = topLogProbabilities,
        });
        SavedPairs saved = Ml.RewardModeling.SavePairs(FirstParty.Distil(Ml, client, FirstParty.Recorded().Take(60)), folder["deferred.jsonl"]);
        Assert.AreEqual(0, client.Progress.Calls);
        return saved;
    }

    private static byte[] Direct(TemporaryFolder folder, IChatClient teacher)
    {
        using TeacherClient client = new(teacher, new TeacherClientOptions { JournalPath = folder["direct.db"] });
        Ml.RewardModeling.SavePairs(FirstParty.Distil(Ml, client, FirstParty.Recorded().Take(60)), folder["direct.jsonl"]);
        return File.ReadAllBytes(folder["direct.jsonl"]);
    }

    /// <summary>Answers batch files as a batch service does, with the recorded teacher as its model.</summary>
    private sealed class BatchService(IChatClient teacher)
    {
        public IChatClient Teacher => teacher;

        public Random? Failures { get; init; }

        public Random? Shuffle { get; init; }

        public Func<string, int, bool> Refuse { get; init; } = (_, _) => false;

        public int RefusalStatus { get; init; } = 400;

        public int Failed { get; private set; }

        public int Unused { get; set; }

        private int _seen;

        public string Answer(string batch)
        {
            string[] lines = [.. File.ReadLines(batch).Select(line => Result(JsonNode.Parse(line)!))];
            Shuffle?.Shuffle(lines);
            string results = Path.ChangeExtension(batch, ".results.jsonl");
            File.WriteAllLines(results, lines);
            return results;
        }

        private string Result(JsonNode request)
        {
            string id = (string)request["custom_id"]!;
            int kind = Failures?.Next(15) ?? 15;
            (JsonNode? Response, JsonNode? Error) result = kind switch
            {
                _ when Refuse(id, _seen++) => (Response(RefusalStatus, new JsonObject { ["error"] = new JsonObject { ["message"] = "no" } }), null),
                0 => (Response(500, []), null),
                1 => (null, new JsonObject { ["code"] = "batch_expired", ["message"] = "This request could not be executed before the completion window expired." }),
                2 => (Response(429, []), new JsonObject { ["code"] = "rate_limit", ["message"] = "slow down" }),
                _ => (Response(200, Completion(request["body"]!)), null),
            };
            Failed += kind < 3 ? 1 : 0;
            return new JsonObject { ["id"] = "r-" + id[..8], ["custom_id"] = id, ["response"] = result.Response, ["error"] = result.Error }.ToJsonString();
        }

        private static JsonObject Response(int status, JsonObject body) => new() { ["status_code"] = status, ["request_id"] = "q", ["body"] = body };

        private JsonObject Completion(JsonNode body)
        {
            ChatMessage[] messages = [.. body["messages"]!.AsArray().Select(m => new ChatMessage(new ChatRole((string)m!["role"]!), (string)m["content"]!))];
            string reply = teacher.GetResponseAsync(messages).GetAwaiter().GetResult().Text;
            return new JsonObject
            {
                ["object"] = "chat.completion",
                ["choices"] = new JsonArray(new JsonObject
                {
                    ["index"] = 0,
                    ["message"] = new JsonObject { ["role"] = "assistant", ["content"] = reply },
                    ["finish_reason"] = "stop",
                }),
                ["usage"] = new JsonObject { ["prompt_tokens"] = 100, ["completion_tokens"] = 10 },
            };
        }
    }
}
