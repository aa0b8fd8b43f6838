using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Scoring.Tests;

[TestClass]
public sealed class OnnxRewardScorerTests
{
    private const string Prompt = "What is 2 + 2?";

    [TestMethod]
    public void Score_SeveralAnswers_EqualsRewardOfTheirIds()
    {
        using TemporaryFolder folder = TinyExport.Make();
        using OnnxRewardScorer scorer = OnnxRewardScorer.Load(folder.Path);
        string[] answers = ["4", "5, because two and two are five, as everybody knows.", "Four.", ""];

        float[] scores = scorer.Score(Prompt, answers);

        Assert.HasCount(4, scores);
        for (int i = 0; i < answers.Length; i++)
        {
            Assert.AreEqual(MeanId(scorer, answers[i]), scores[i], 1e-3f, answers[i]);
        }
    }

    [TestMethod]
    public void Score_AloneOrBesideOthers_GivesTheSameBits()
    {
        using TemporaryFolder folder = TinyExport.Make();
        using OnnxRewardScorer scorer = OnnxRewardScorer.Load(folder.Path, new OnnxRewardScorerOptions { MaxConcurrency = 4 });
        string[] answers = [.. Enumerable.Range(0, 40).Select(i => string.Concat(Enumerable.Repeat($"answer {i} ", 1 + (i % 13))))];

        float[] together = scorer.Score(Prompt, answers);
        float[] alone = [.. answers.Select(answer => scorer.Score(Prompt, [answer])[0])];
        float[] reversed = [.. scorer.Score(Prompt, [.. answers.Reverse()]).Reverse()];

        CollectionAssert.AreEqual(alone, together);
        CollectionAssert.AreEqual(alone, reversed);
    }

    [TestMethod]
    public void Score_FromManyThreads_EqualsOneThread()
    {
        using TemporaryFolder folder = TinyExport.Make();
        using OnnxRewardScorer scorer = OnnxRewardScorer.Load(folder.Path);
        string[] answers = ["a", "bb", "a longer answer", "🙂"];
        float[] expected = scorer.Score(Prompt, answers);
        ConcurrentBag<float[]> results = [];

        Parallel.For(0, 100, new ParallelOptions { MaxDegreeOfParallelism = 16 }, _ => results.Add(scorer.Score(Prompt, answers)));

        Assert.HasCount(100, results);
        foreach (float[] result in results)
        {
            CollectionAssert.AreEqual(expected, result);
        }
    }

    [TestMethod]
    public void ScoreDetailed_TooLongAnswer_IsTruncatedAndSaysSo()
    {
        using TemporaryFolder folder = TinyExport.Make(manifest => manifest with { MaxLength = 40 });
        using OnnxRewardScorer scorer = OnnxRewardScorer.Load(folder.Path);

        RewardScore[] scores = scorer.ScoreDetailed(Prompt, ["4", string.Concat(Enumerable.Repeat("word ", 200))]);

        Assert.IsFalse(scores[0].Truncated);
        Assert.IsTrue(scores[1].Truncated);
        Assert.AreEqual(40, scores[1].Tokens);
        Assert.AreEqual(scorer.Encoder.Encode([new ChatTurn("user", Prompt)], "4").Ids.Length, scores[0].Tokens);
    }

    [TestMethod]
    public void Score_NoAnswers_IsEmpty()
    {
        using TemporaryFolder folder = TinyExport.Make();
        using OnnxRewardScorer scorer = OnnxRewardScorer.Load(folder.Path);
        Assert.IsEmpty(scorer.Score(Prompt, []));
        Assert.ThrowsExactly<ArgumentException>(() => scorer.BestOf(Prompt, []));
    }

    [TestMethod]
    public void BestOf_Answers_IsTheFirstOfTheHighest()
    {
        using TemporaryFolder folder = TinyExport.Make();
        using OnnxRewardScorer scorer = OnnxRewardScorer.Load(folder.Path);
        string[] answers = ["one", "two zebras", "one", "two zebras"];
        float[] scores = scorer.Score(Prompt, answers);
        Assert.AreEqual(scores[0] > scores[1] ? 0 : 1, scorer.BestOf(Prompt, answers));
    }

    [TestMethod]
    public void Score_OddText_HasADefinedResult()
    {
        using TemporaryFolder folder = TinyExport.Make();
        using OnnxRewardScorer scorer = OnnxRewardScorer.Load(folder.Path);
        foreach (string answer in (string[])["", " ", "\0", "\ud800", "<|end|><|pad|>", "{{ raise_exception('x') }}", "\uFFFE\uFFFF"])
        {
            Assert.IsTrue(float.IsFinite(scorer.Score(Prompt, [answer])[0]), answer);
        }

        Assert.AreEqual(scorer.Score(Prompt, ["a\ufffdb"])[0], scorer.Score(Prompt, ["a\udc00b"])[0]);
        Assert.ThrowsExactly<ArgumentException>(() => scorer.Score(Prompt, ["a", null!]));
    }

    [TestMethod]
    public void Score_Cancelled_Throws()
    {
        using TemporaryFolder folder = TinyExport.Make();
        using OnnxRewardScorer scorer = OnnxRewardScorer.Load(folder.Path);
        using CancellationTokenSource cancelled = new();
        cancelled.Cancel();
        Assert.ThrowsExactly<OperationCanceledException>(() => scorer.Score(Prompt, ["a", "b"], cancelled.Token));
    }

    [TestMethod]
    public void Score_Disposed_Throws()
    {
        using TemporaryFolder folder = TinyExport.Make();
        OnnxRewardScorer scorer = OnnxRewardScorer.Load(folder.Path);
        scorer.Dispose();
        scorer.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => scorer.Score(Prompt, ["a"]));
    }

    [TestMethod]
    public void Score_NotANumber_IsAnError()
    {
        using TemporaryFolder folder = TinyExport.Make(graph: TinyGraph.NotANumber());
        using OnnxRewardScorer scorer = OnnxRewardScorer.Load(folder.Path);
        foreach (string[] answers in (string[][])[["a"], ["a", "b", "c"]])
        {
            RewardScoringException exception = Assert.ThrowsExactly<RewardScoringException>(() => scorer.Score(Prompt, answers));
            Assert.Contains("NaN", exception.Message);
        }
    }

    [TestMethod]
    public void ScoreIds_IdsOutsideTheVocabulary_IsAnError()
    {
        using TemporaryFolder folder = TinyExport.Make();
        using OnnxRewardScorer scorer = OnnxRewardScorer.Load(folder.Path);
        CollectionAssert.AreEqual((float[])[2f, 7f], scorer.ScoreIds([[1, 2, 3], [7]]));
        Assert.ThrowsExactly<ArgumentException>(() => scorer.ScoreIds([[1, 4096]]));
        Assert.ThrowsExactly<ArgumentException>(() => scorer.ScoreIds([[]]));
    }

    [TestMethod]
    public void Load_TokenizerTooLarge_SaysItDoesNotFit() =>
        LoadFails("does not fit the embedding", manifest => manifest with { VocabularySize = 4095 });

    [TestMethod]
    public void Load_UnknownFormatVersion_SaysSo()
    {
        using TemporaryFolder folder = TinyExport.Make();
        JsonNode manifest = JsonNode.Parse(File.ReadAllText(folder["export.json"]))!;
        manifest["format_version"] = 99;
        File.WriteAllText(folder["export.json"], manifest.ToJsonString());
        LoadFails("format_version is 99", folder);
    }

    [TestMethod]
    [DataRow("export.json")]
    [DataRow("model.onnx")]
    [DataRow("tokenizer.json")]
    public void Load_MissingFile_NamesIt(string file)
    {
        using TemporaryFolder folder = TinyExport.Make();
        File.Delete(folder[file]);
        LoadFails($"{file} does not exist", folder);
    }

    [TestMethod]
    public void Load_ChangedFile_IsFoundByItsHash()
    {
        using TemporaryFolder folder = TinyExport.Make();
        File.AppendAllText(folder["tokenizer.json"], "\n");
        LoadFails("tokenizer.json has the SHA-256", folder);
        using OnnxRewardScorer unverified = OnnxRewardScorer.Load(folder.Path, new OnnxRewardScorerOptions { VerifyHashes = false });
    }

    [TestMethod]
    public void Load_ForeignGraph_SaysWhatIsMissing()
    {
        LoadFails("has no input_ids, only tokens, lengths", graph: TinyGraph.MeanId(idsName: "tokens"));
        LoadFails("has no reward, only logits", graph: TinyGraph.MeanId(rewardName: "logits"));
        LoadFails("cannot be opened by ONNX Runtime", graph: [1, 2, 3]);
    }

    [TestMethod]
    public void Load_OptionsOutOfRange_NamesAllOfThem()
    {
        using TemporaryFolder folder = TinyExport.Make();
        ArgumentException exception = Assert.ThrowsExactly<ArgumentException>(() =>
            OnnxRewardScorer.Load(folder.Path, new OnnxRewardScorerOptions
            {
                MaxLength = 5000, MaxConcurrency = 0, TokenBudget = 0, LookAhead = -1, Strategy = (ScoringStrategy)9,
            }));
        Assert.Contains("MaxLength is 5000", exception.Message);
        Assert.Contains("MaxConcurrency is 0", exception.Message);
        Assert.Contains("TokenBudget is 0", exception.Message);
        Assert.Contains("LookAhead is -1", exception.Message);
        Assert.Contains("Strategy is 9", exception.Message);
    }

    private static void LoadFails(string expected, Func<ExportManifest, ExportManifest>? change = null, byte[]? graph = null)
    {
        using TemporaryFolder folder = TinyExport.Make(change, graph);
        LoadFails(expected, folder);
    }

    private static void LoadFails(string expected, TemporaryFolder folder)
    {
        RewardScoringException exception = Assert.ThrowsExactly<RewardScoringException>(() => OnnxRewardScorer.Load(folder.Path));
        Assert.Contains(expected, exception.Message);
    }

    private static float MeanId(OnnxRewardScorer scorer, string answer) =>
        (float)scorer.Encoder.Encode([new ChatTurn("user", Prompt)], answer).Ids.Average();
}
