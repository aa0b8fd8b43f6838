using System.Globalization;
using Microsoft.Extensions.AI;
using Microsoft.ML.Data;
using Microsoft.ML.RewardModeling.Teachers;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Tests;

[TestClass]
public sealed class CandidateTests
{
    private static readonly MLContext Ml = new(seed: 1);

    [TestMethod]
    public void ColumnText_OfAnyCandidates_IsReadBackExactly()
    {
        Candidate[] candidates = [new("a\n\"b\" שלום \u001E", 7.25f, "m", null), new(string.Empty, null, "n", "respond-call-failed"), new("[1]")];

        CollectionAssert.AreEqual(candidates, CandidateList.FromColumnText(CandidateList.ToColumnText(candidates)).ToArray());
        Assert.AreEqual(string.Empty, CandidateList.ToColumnText([]));
        CollectionAssert.AreEqual(new[] { new Candidate("x"), new Candidate("y") }, CandidateList.FromColumnText("[\"x\",{\"response\":\"y\"}]").ToArray());
        CollectionAssert.AreEqual(new[] { new Candidate("x", 3) }, CandidateList.FromColumnText("[{\"text\":\"x\",\"score\":3,\"source\":null}]").ToArray());
    }

    [TestMethod]
    [DataRow("x", "a candidates column holds")]
    [DataRow("{}", "{} in place of a list")]
    [DataRow("[1]", "candidate 1 that is no answer")]
    [DataRow("[\"a\",{}]", "candidate 2 that has no \"response\"")]
    [DataRow("[{\"response\":3}]", "\"response\" that is no text")]
    [DataRow("[{\"response\":\"a\",\"score\":\"8\"}]", "\"score\" that is no finite number: \"8\"")]
    [DataRow("[{\"response\":\"a\",\"score\":1e400}]", "\"score\" that is no finite number: 1e400")]
    [DataRow("[\"\\ud800\"]", "candidate 1 that is no valid Unicode")]
    public void ColumnText_ThatIsNoList_SaysWhatWasFound(string text, string found)
    {
        RewardModelingException error = Assert.ThrowsExactly<RewardModelingException>(() => CandidateList.FromColumnText(text));

        StringAssert.Contains(error.Message, found, StringComparison.OrdinalIgnoreCase);
    }

    [TestMethod]
    public void SampleCandidates_SeveralModels_AnswerEachPromptInOrder()
    {
        using TemporaryFolder folder = new();
        ScriptedChatClient one = new(m => "one: " + m[^1].Text) { ModelId = "one" };
        ScriptedChatClient two = new(m => m[^1].Text == "q" ? throw new HttpRequestException("no", null, System.Net.HttpStatusCode.BadRequest) : "two: " + m[^1].Text) { ModelId = "two" };
        IDataView input = Ml.RewardModeling.LoadCandidates([new() { Id = "1", Prompt = "p", Candidates = [new("given")] }, new() { Id = "2", Prompt = "q" }]);
        using SampleCandidatesTransformer transformer = Ml.RewardModeling.SampleCandidates([one, two], new() { Client = Client(folder) }).Fit(input);
        IDataView output = transformer.Transform(input);

        _ = output.GetColumn<string>("Prompt").ToArray();
        Assert.AreEqual(0, one.Calls + two.Calls);
        IReadOnlyList<Candidate>[] lists = [.. output.GetColumn<string>("Candidates").Select(CandidateList.FromColumnText)];
        CollectionAssert.AreEqual(new[] { new Candidate("given"), new("one: p", Source: "one"), new("two: p", Source: "two") }, lists[0].ToArray());
        CollectionAssert.AreEqual(new[] { new Candidate("one: q", Source: "one"), new(string.Empty, Source: "two", Status: "respond-call-failed") }, lists[1].ToArray());
        CollectionAssert.AreEqual(new[] { "ok", "ok" }, output.GetColumn<string>("TeacherStatus").ToArray());

        // What was answered came from the journal the second time; only what failed was asked again.
        Assert.AreEqual(2, one.Calls);
        Assert.AreEqual(3, two.Calls);
    }

    [TestMethod]
    public void SampleCandidates_SeveralSamplesOfOneModel_DifferInSeedAndAreKept()
    {
        using TemporaryFolder folder = new();
        ScriptedChatClient model = new((_, options, _) => Task.FromResult($"{options!.Seed} at {options.Temperature}"));
        IDataView input = Ml.RewardModeling.LoadCandidates([new() { Id = "1", Prompt = "p" }]);
        SampleCandidatesOptions options = new() { SamplesPerModel = 3, Temperature = 1, Client = Client(folder) };
        for (int run = 0; run < 2; run++)
        {
            using SampleCandidatesTransformer transformer = Ml.RewardModeling.SampleCandidates([model], options).Fit(input);
            string text = transformer.Transform(input).GetColumn<string>("Candidates").Single();
            CollectionAssert.AreEqual(new[] { "0 at 1", "1 at 1", "2 at 1" }, CandidateList.FromColumnText(text).Select(c => c.Response).ToArray());
        }

        Assert.AreEqual(3, model.Calls);
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => Ml.RewardModeling.SampleCandidates([model], options with { Temperature = null })).Message, "Temperature");
    }

    [TestMethod]
    [DataRow(CandidateRating.RoundRobin, 12)]
    [DataRow(CandidateRating.Anchored, 6)]
    [DataRow(CandidateRating.Pointwise, 4)]
    public void RankCandidates_FourAnswers_AreSortedAtTheDocumentedCost(CandidateRating rating, int calls)
    {
        using TemporaryFolder folder = new();
        ScriptedChatClient judge = Judge(answer => float.Parse(answer, CultureInfo.InvariantCulture));
        IDataView input = Ml.RewardModeling.LoadCandidates([new() { Id = "1", Prompt = "p", Candidates = [new("4"), new("9"), new("2.5"), new("4"), new("6"), new(string.Empty, Status: "respond-call-failed")] }]);
        using RankCandidatesTransformer transformer = Ml.RewardModeling.RankCandidates(judge, new() { Rating = rating, Client = Client(folder) }).Fit(input);
        IDataView output = transformer.Transform(input);
        _ = output.GetColumn<string>("Id").ToArray();
        Assert.AreEqual(0, judge.Calls);

        Row row = Ml.Data.CreateEnumerable<Row>(output, reuseRowObject: false).Single();
        CollectionAssert.AreEqual(
            new float?[] { 9, 6, 4, 4, 2.5f, null }, CandidateList.FromColumnText(row.Candidates).Select(c => c.Score).ToArray());
        Assert.AreEqual(("9", "2.5", 9f, 2.5f, 6.5f, "ok"), (row.Chosen, row.Rejected, row.ChosenScore, row.RejectedScore, row.Margin, row.TeacherStatus));
        Assert.AreEqual(rating == CandidateRating.Pointwise ? float.NaN : 0f, row.ScoreDisagreement);
        Assert.AreEqual(calls, judge.Calls);
    }

    [TestMethod]
    public void RankCandidates_RoundRobin_AveragesOverOrdersAndComparisons()
    {
        using TemporaryFolder folder = new();

        // Shown first an answer gets a point more; "b" looks two points better beside "c".
        ScriptedChatClient judge = new(messages =>
        {
            RecordedRequest request = RecordedRequest.Parse([.. messages.Select(m => new ConversationTurn(m.Role.Value, m.Text))]);
            return request.Write([.. request.Answers.Select((a, i) =>
                ((a == "a" ? 7 : a == "b" ? 4 : 2) + (i == 0 ? 1 : 0) + (a == "b" && request.Answers.Contains("c") ? 2 : 0)).ToString(CultureInfo.InvariantCulture))], asJson: false);
        });
        Row row = Rank(judge, folder, new(), new("a"), new("b"), new("c"));

        // a: 7.5; b: (4.5 + 6.5) / 2; c: 2.5. Each order differs by one point.
        CollectionAssert.AreEqual(new float?[] { 7.5f, 5.5f, 2.5f }, CandidateList.FromColumnText(row.Candidates).Select(c => c.Score).ToArray());
        Assert.AreEqual((5f, 1f), (row.Margin, row.ScoreDisagreement));
    }

    [TestMethod]
    public void RankCandidates_NearTie_IsComparedOnceMoreThenMarked()
    {
        using TemporaryFolder folder = new();
        ScriptedChatClient judge = Judge(_ => 6);
        Row row = Rank(judge, folder, new(), new("a"), new("b"), new("c"));

        Assert.AreEqual(("tie", 0f), (row.TeacherStatus, row.Margin));
        Assert.AreEqual(6 + 2, judge.Calls);
        Assert.AreEqual(2, judge.Requests.Count(r => r.Contains("Rate them afresh", StringComparison.Ordinal)));
    }

    [TestMethod]
    [DataRow(TiePolicy.Mark, "tie")]
    [DataRow(TiePolicy.Keep, "ok")]
    public void RankCandidates_NearTieUnderAnotherPolicy_CostsNoSecondRating(TiePolicy policy, string status)
    {
        using TemporaryFolder folder = new();
        ScriptedChatClient judge = Judge(_ => 6);
        Row row = Rank(judge, folder, new() { TiePolicy = policy }, new("a"), new("b"), new("c"));

        Assert.AreEqual((status, 0f, "a", "c", 6), (row.TeacherStatus, row.Margin, row.Chosen, row.Rejected, judge.Calls));
    }

    [TestMethod]
    public void RankCandidates_AnswerThatCannotBeRated_ComesLastWithItsReason()
    {
        using TemporaryFolder folder = new();
        ScriptedChatClient judge = Judge(answer => answer == "poison" ? throw new HttpRequestException("no", null, System.Net.HttpStatusCode.BadRequest) : answer.Length);
        Row row = Rank(judge, folder, new(), new("poison"), new("aa"), new("aaaa"));

        Assert.AreEqual(("ok", 2f), (row.TeacherStatus, row.Margin));
        Assert.AreEqual(new Candidate("poison", Status: "score-call-failed"), CandidateList.FromColumnText(row.Candidates)[^1]);
        Assert.AreEqual("too-few-candidates", Rank(judge, folder, new(), new("same"), new("same")).TeacherStatus);
        Assert.AreEqual("score-call-failed", Rank(judge, folder, new(), new("poison"), new("aa")).TeacherStatus);
    }

    [TestMethod]
    public void RankCandidates_ListsWithEveryScore_AreNotPaidFor()
    {
        using TemporaryFolder folder = new();
        ScriptedChatClient judge = Judge(_ => 5);
        Row row = Rank(judge, folder, new(), new("a", 3), new("b", 8));

        Assert.AreEqual(("b", 5f, "ok", 0), (row.Chosen, row.Margin, row.TeacherStatus, judge.Calls));
        Assert.AreEqual("tie", Rank(judge, folder, new() { RateScoredRows = true }, new("a", 3), new("b", 8)).TeacherStatus);
    }

    [TestMethod]
    [DataRow(CandidatePairing.BestWorst, "q/1-4")]
    [DataRow(CandidatePairing.BestRest, "q/1-2 q/1-3 q/1-4")]
    [DataRow(CandidatePairing.Adjacent, "q/1-2 q/3-4")]
    [DataRow(CandidatePairing.All, "q/1-2 q/1-3 q/1-4 q/2-4 q/3-4")]
    public void ExpandPairs_RankedList_GivesThePairsWithEnoughMargin(CandidatePairing pairing, string ids)
    {
        using TemporaryFolder folder = new();
        CandidateSet set = new() { Id = "q", Prompt = "p", Candidates = [new("d", 2), new("a", 9), new("b", 5), new("c", 4.75f), new("unrated")] };
        IDataView pairs = Ml.RewardModeling.ExpandPairs(
            Ml.RewardModeling.LoadCandidates([set, set with { Id = "r", Status = "tie" }]), new ExpandPairsOptions { Pairing = pairing });

        Assert.AreEqual(ids, string.Join(' ', pairs.GetColumn<string>("Id")));
        Assert.AreEqual("a", pairs.GetColumn<string>("Chosen").First());
        Assert.IsTrue(pairs.GetColumn<float>("Margin").All(m => m >= 0.5f));
        Assert.IsTrue(pairs.GetColumn<string>("TeacherStatus").All(s => s == "ok"));
    }

    [TestMethod]
    public void CandidateFile_WriteThenRead_GivesTheSameRowsAndBytes()
    {
        using TemporaryFolder folder = new();
        CandidateSet[] sets =
        [
            new() { Id = "1", Prompt = "p", Candidates = [new("a", 7.5f, "m"), new("b")], Status = "ok" },
            new() { Id = "2", Prompt = new Conversation([new("system", "s"), new("user", "ü")]), Status = "tie" },
        ];
        Ml.RewardModeling.SaveCandidates(Ml.RewardModeling.LoadCandidates(sets), folder["a.jsonl.gz"]);
        Ml.RewardModeling.SaveCandidates(Ml.RewardModeling.LoadCandidates(folder["a.jsonl.gz"]), folder["b.jsonl"]);
        CandidateSet[] read = [.. CandidateFile.Read(folder["b.jsonl"])];

        CollectionAssert.AreEqual(new[] { "1", "2" }, read.Select(s => s.Id).ToArray());
        CollectionAssert.AreEqual(sets[0].Candidates.ToArray(), read[0].Candidates.ToArray());
        Assert.AreEqual(sets[1].Prompt, read[1].Prompt);
        Assert.AreEqual("tie", read[1].Status);
        Assert.IsTrue(File.ReadAllBytes(folder["a.jsonl.gz"]) is [0x1f, 0x8b, ..]);
    }

    [TestMethod]
    public void SaveCandidates_RowsOfEveryKind_AreCounted()
    {
        using TemporaryFolder folder = new();
        List<int> rowsDone = [];
        SavedCandidates saved = Ml.RewardModeling.SaveCandidates(
            Ml.RewardModeling.LoadCandidates(
            [
                new() { Id = "1", Prompt = "p", Candidates = [new("a", 7), new("b"), new(string.Empty, Status: "respond-call-failed")] },
                new() { Id = "2", Prompt = "p", Candidates = [new("c", 7)], Status = "too-few-candidates" },
            ]),
            folder["a.jsonl"], new Reports(rowsDone));

        Assert.AreEqual($"{folder["a.jsonl"]}: 2 rows, 1 ok, 1 too-few-candidates; 3 answers, 2 scored, 1 respond-call-failed", saved.ToString());
        CollectionAssert.AreEqual(new[] { 1, 2 }, rowsDone);
    }

    [TestMethod]
    public void CandidateFile_OtherNamesAndNoIds_AreRead()
    {
        using TemporaryFolder folder = new();
        File.WriteAllLines(folder["a.jsonl"],
        [
            """{"prompt": "p", "responses": [{"text": "a", "score": 3}, {"text": "b", "score": 1}]}""",
            """{"prompt": "p"}""",
            """{"id": 7, "prompt": [{"role": "user", "content": "p"}], "candidates": null, "chosen": "of a pair"}""",
        ]);

        CandidateSet[] read = [.. CandidateFile.Read(folder["a.jsonl"])];

        CollectionAssert.AreEqual(new[] { new Candidate("a", 3), new Candidate("b", 1) }, read[0].Candidates.ToArray());
        StringAssert.Matches(read[0].Id, new("^prompt-[0-9a-f]{16}$"));
        CollectionAssert.AreEqual(new[] { read[0].Id, read[0].Id + "-2", "7" }, read.Select(r => r.Id).ToArray());
        Assert.IsTrue(read.All(r => r.Prompt.Equals((Conversation)"p")));
    }

    [TestMethod]
    [DataRow("""{"id": "3", "prompt": "p", "candidates": [7]}""", "a.jsonl:2: found candidate 1 that is no answer: 7")]
    [DataRow("""{"id": "1", "prompt": "p"}""", "a.jsonl:2: found the id '1', which")]
    [DataRow("""{"id": "3", "prompt": "p", "candidates": [], "responses": []}""", "a.jsonl:2: found both")]
    [DataRow("""{"id": "3", "question": "p"}""", "a.jsonl:2: found no \"prompt\" among the fields id, question, expected \"prompt\", and \"candidates\"")]
    public void CandidateFile_BadRow_NamesThePlace(string row, string message)
    {
        using TemporaryFolder folder = new();
        File.WriteAllLines(folder["a.jsonl"], ["""{"id": "1", "prompt": "p"}""", row]);

        StringAssert.Contains(Assert.ThrowsExactly<RewardModelingException>(() => CandidateFile.Read(folder["a.jsonl"]).Count()).Message, message);
    }

    [TestMethod]
    public void CandidateFile_NoRowOrNoFile_IsRefused()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["a.jsonl"], "\n");

        StringAssert.Contains(Assert.ThrowsExactly<RewardModelingException>(() => CandidateFile.Read(folder["a.jsonl"]).Count()).Message, "found no prompt");
        StringAssert.Contains(Assert.ThrowsExactly<RewardModelingException>(() => CandidateFile.Read(folder["b.jsonl"]).Count()).Message, "no such file");
        StringAssert.Contains(Assert.ThrowsExactly<RewardModelingException>(() => CandidateFile.Write(folder["b.json"], [])).Message, "expected .jsonl");
    }

    [TestMethod]
    public void SampleThenRankThenExpand_Deferred_EndsInTheRowsOfADirectRun()
    {
        using TemporaryFolder folder = new();
        ScriptedChatClient writer = new((m, o, _) => Task.FromResult(new string('a', 2 + (int)(o!.Seed ?? 0)))) { ModelId = "writer" };
        ScriptedChatClient judge = Judge(answer => answer.Length);
        CandidateSet[] sets = [.. Enumerable.Range(0, 3).Select(i => new CandidateSet { Id = $"q{i}", Prompt = $"p{i}" })];
        string direct = Run("direct.db", null);
        Assert.AreEqual(3, direct.Split('\n').Length);

        // Two waves: answers, then ratings. The calls are answered by hand, as a batch service would.
        Dictionary<string, string> replies = [];
        string deferred = string.Empty;
        for (int wave = 0; wave < 3; wave++)
        {
            List<OutstandingCall> outstanding = [];
            deferred = Run("deferred.db", call =>
            {
                lock (outstanding)
                {
                    outstanding.Add(call);
                }

                return replies.TryGetValue(call.Key, out string? text) ? new ImportedReply { Text = text } : null;
            });
            foreach (OutstandingCall call in outstanding)
            {
                ChatMessage[] messages = [.. System.Text.Json.Nodes.JsonNode.Parse(call.Request)!.AsArray().Select(m => new ChatMessage(new ChatRole((string)m!["role"]!), (string)m["content"]!))];
                replies[call.Key] = (call.Model == "writer" ? writer : judge).GetResponseAsync(messages, call.Options).GetAwaiter().GetResult().Text;
            }
        }

        Assert.AreEqual(direct, deferred);

        string Run(string journal, Func<OutstandingCall, ImportedReply?>? defer)
        {
            TeacherClientOptions client = Client(folder) with { JournalPath = folder[journal], Deferred = defer };
            IDataView input = Ml.RewardModeling.LoadCandidates(sets);
            using SampleCandidatesTransformer sample = Ml.RewardModeling.SampleCandidates([writer], new() { SamplesPerModel = 3, Temperature = 1, Client = client }).Fit(input);
            IDataView sampled = sample.Transform(input);
            using RankCandidatesTransformer rank = Ml.RewardModeling.RankCandidates(judge, new() { Client = client }).Fit(sampled);
            IDataView pairs = Ml.RewardModeling.ExpandPairs(rank.Transform(sampled));
            return string.Join('\n', Ml.Data.CreateEnumerable<PairRow>(pairs, false).Select(p => $"{p.Id} {p.Chosen} {p.Rejected} {p.Margin}"));
        }
    }

    [TestMethod]
    public void RankCandidates_ThenRefinePairs_MakeOnePipeline()
    {
        using TemporaryFolder folder = new();
        ScriptedChatClient chat = new(messages => global::RewardModeling.Testing.Chat.Judge.Reply(new([.. messages.Select(m => (m.Role.Value, m.Text))], IsJson: false, 0, "")));
        using TeacherClient teacher = new(chat, Client(folder));
        IDataView lists = Ml.RewardModeling.LoadCandidates([new() { Id = "1", Prompt = "p", Candidates = [new("one two"), new("three four"), new("five six")] }]);
        IDataView view = Ml.RewardModeling.RankCandidates(teacher).Append(Ml.RewardModeling.TeacherRefinePairs(teacher)).Fit(lists).Transform(lists);

        SavedPairs saved = Ml.RewardModeling.SavePairs(view, folder["pairs.jsonl"]);

        Assert.AreEqual(1, saved.Usable, saved.ToString());
        PreferencePair pair = PairFile.Read(folder["pairs.jsonl"]).Single();
        Assert.AreEqual(pair.Rejected + " indeed", pair.Chosen);
        Assert.AreEqual(6 + 3, chat.Calls);
    }

    private static Row Rank(ScriptedChatClient judge, TemporaryFolder folder, RankCandidatesOptions options, params Candidate[] candidates)
    {
        IDataView input = Ml.RewardModeling.LoadCandidates([new() { Id = "1", Prompt = "p", Candidates = candidates }]);
        using RankCandidatesTransformer transformer = Ml.RewardModeling.RankCandidates(judge, options with { Client = Client(folder) }).Fit(input);
        return Ml.Data.CreateEnumerable<Row>(transformer.Transform(input), reuseRowObject: false).Single();
    }

    private static TeacherClientOptions Client(TemporaryFolder folder) => new() { JournalPath = folder["j.db"], MaxRetries = 0 };

    /// <summary>A judge that gives an answer the same score in every comparison.</summary>
    private static ScriptedChatClient Judge(Func<string, float> score) => new(messages =>
    {
        RecordedRequest request = RecordedRequest.Parse([.. messages.Select(m => new ConversationTurn(m.Role.Value, m.Text))]);
        return request.Write([.. request.Answers.Select(a => score(a).ToString(CultureInfo.InvariantCulture))], asJson: false);
    });

    private sealed class Reports(List<int> values) : IProgress<int>
    {
        public void Report(int value) => values.Add(value);
    }

    private sealed class Row
    {
        public string Candidates { get; set; } = string.Empty;

        public string Chosen { get; set; } = string.Empty;

        public string Rejected { get; set; } = string.Empty;

        public float ChosenScore { get; set; }

        public float RejectedScore { get; set; }

        public float Margin { get; set; }

        public float ScoreDisagreement { get; set; }

        public string TeacherStatus { get; set; } = string.Empty;
    }
}
