using System.Text;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Tests.Data;

[TestClass]
public sealed class PairFileTests
{
    private const string Good = "{\"id\":\"a\",\"prompt\":\"p\",\"chosen\":\"x\",\"rejected\":\"y\"}\n";

    [TestMethod]
    [DataRow("{\"id\":\"b\",\"prompt\":\"p\",", "found invalid JSON at byte")]
    [DataRow("[1]", "found a JSON array, expected one JSON object a line")]
    [DataRow("{\"prompt\":\"p\",\"chosen\":\"x\"}", "found no \"rejected\" among the fields prompt, chosen")]
    [DataRow("{\"chosen\":\"x\",\"rejected\":\"y\"}", "found no \"prompt\"")]
    [DataRow("{\"prompt\":\"p\",\"response_a\":\"x\"}", "found no \"response_b\"")]
    [DataRow("{\"prompt\":\"p\",\"chosen\":\"x\",\"rejected\":null}", "found no \"rejected\"")]
    [DataRow("{\"prompt\":\"p\",\"chosen\":\" \\n\",\"rejected\":\"y\"}", "found an empty \"chosen\"")]
    [DataRow("{\"prompt\":\"\",\"chosen\":\"x\",\"rejected\":\"y\"}", "found an empty \"prompt\"")]
    [DataRow("{\"prompt\":\"p\",\"chosen\":5,\"rejected\":\"y\"}", "found number 5 in \"chosen\", expected a text")]
    [DataRow("{\"prompt\":{},\"chosen\":\"x\",\"rejected\":\"y\"}", "found object {} in \"prompt\"")]
    [DataRow("{\"prompt\":\"p\",\"chosen\":\"x\",\"rejected\":\"y\",\"margin\":\"2\"}", "found string \"2\" in \"margin\", expected a finite number")]
    [DataRow("{\"prompt\":\"p\",\"chosen\":\"x\",\"rejected\":\"y\",\"margin\":1e400}", "in \"margin\", expected a finite number")]
    [DataRow("{\"prompt\":[{\"role\":\"user\",\"content\":\" \"}],\"chosen\":\"x\",\"rejected\":\"y\"}", "found an empty \"prompt\", expected a question")]
    [DataRow("{\"prompt\":\"p\",\"prompt\":\"q\",\"chosen\":\"x\",\"rejected\":\"y\"}", "found a field that is there twice")]
    [DataRow("{\"prompt\":\"p\",\"chosen\":\"x\",\"rejected\":\"y\",\"\\ud800\":1}", "half of a surrogate pair")]
    [DataRow("{\"id\":\"a\",\"prompt\":\"p\",\"chosen\":\"x\",\"rejected\":\"y\"}", "found the id 'a', which")]
    [DataRow("{\"id\":\"\",\"prompt\":\"p\",\"chosen\":\"x\",\"rejected\":\"y\"}", "found an empty \"id\"")]
    [DataRow("{\"prompt\":\"p\",\"chosen\":\"\\ud800\",\"rejected\":\"y\"}", "half of a surrogate pair in \"chosen\"")]
    [DataRow("{\"prompt\":\"p\",\"response_a\":\"x\",\"response_b\":\"y\",\"chosen\":\"c\"}", "found \"chosen\": \"c\"")]
    [DataRow("{\"prompt\":[],\"chosen\":\"x\",\"rejected\":\"y\"}", "found an empty list in \"prompt\"")]
    [DataRow("{\"prompt\":[{\"role\":\"user\"}],\"chosen\":\"x\",\"rejected\":\"y\"}", "found element 1 of \"prompt\" that is no message")]
    [DataRow("{\"chosen\":[{\"role\":\"assistant\",\"content\":\"x\"}],\"rejected\":[{\"role\":\"assistant\",\"content\":\"y\"}]}", "found no turn before the answers")]
    [DataRow("{\"chosen\":[{\"role\":\"user\",\"content\":\"p\"},{\"role\":\"assistant\",\"content\":\"x\"}],\"rejected\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":\"y\"}]}", "differ in more than their last turn")]
    [DataRow("{\"prompt\":\"p\",\"chosen\":[\"a\",\"b\",\"c\"],\"rejected\":[\"d\"]}", "found element 1 of \"chosen\" that is no message")]
    public void Read_BadRowOnLine7_NamesPathLineAndProblem(string row, string problem)
    {
        using TemporaryFolder folder = new();
        string path = folder["pairs.jsonl"];
        File.WriteAllText(path, Good + "\n" + string.Concat(Enumerable.Range(3, 4).Select(i => Good.Replace("\"a\"", $"\"{i}\"", StringComparison.Ordinal))) + row + "\n");

        RewardModelingException error = Assert.ThrowsExactly<RewardModelingException>(() => PairFile.Read(path).ToList());

        StringAssert.StartsWith(error.Message, path + ":7: ");
        StringAssert.Contains(error.Message, problem);
    }

    [TestMethod]
    public void Read_MissingFileFolderOrOtherType_SaysWhatIsExpected()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["pairs.csv"], "x");
        File.WriteAllText(folder["empty.jsonl"], "\n");

        StringAssert.Contains(Fails(folder["none.jsonl"]), "there is no such file");
        StringAssert.Contains(Fails(folder.Path), "found a folder");
        StringAssert.Contains(Fails(folder["pairs.csv"]), "found the file type '.csv', expected .jsonl, .jsonl.gz or .parquet");
        StringAssert.Contains(Fails(folder["empty.jsonl"]), "found no pair");
    }

    [TestMethod]
    public void Read_BrokenEncodingOrCompression_NamesTheFile()
    {
        using TemporaryFolder folder = new();
        File.WriteAllBytes(folder["latin.jsonl"], [.. Encoding.UTF8.GetBytes(Good), .. "{\"prompt\":\""u8, 0xE9, .. "\"}\n"u8]);
        File.WriteAllBytes(folder["no.jsonl.gz"], [1, 2, 3, 4]);
        PairFile.Write(folder["cut.jsonl.gz"], Enumerable.Range(0, 500).Select(i => Pair($"id{i}") with { Chosen = $"{i * 7919}" }));
        byte[] whole = File.ReadAllBytes(folder["cut.jsonl.gz"]);
        File.WriteAllBytes(folder["cut.jsonl.gz"], whole[..(whole.Length / 2)]);

        StringAssert.Contains(Fails(folder["latin.jsonl"]), "latin.jsonl:2: found bytes that are not UTF-8");
        StringAssert.Contains(Fails(folder["no.jsonl.gz"]), "no.jsonl.gz:1: the compressed content is damaged");
        StringAssert.Contains(Fails(folder["cut.jsonl.gz"]), "cut.jsonl.gz:");
    }

    [TestMethod]
    public void Read_EqualAnswers_KeepsAndMarksTheRow()
    {
        PreferencePair[] pairs = Read(
            "{\"id\":\"a\",\"prompt\":\"p\",\"chosen\":\"x\",\"rejected\":\"x\"}",
            "{\"id\":\"b\",\"prompt\":\"p\",\"response_a\":\"x\",\"response_b\":\"x\"}",
            "{\"id\":\"c\",\"prompt\":\"p\",\"chosen\":\"x\",\"rejected\":\"y\"}");

        CollectionAssert.AreEqual(new[] { "equal-answers", "equal-answers", null }, pairs.Select(pair => pair.Status).ToArray());
    }

    [TestMethod]
    public void Read_UnlabelledLayouts_LabelByScoreThenByLetter()
    {
        PreferencePair[] pairs = Read(
            "{\"id\":1,\"prompt\":\"p\",\"response_a\":\"x\",\"response_b\":\"y\"}",
            "{\"id\":\"2\",\"prompt\":\"p\",\"response_a\":\"x\",\"response_b\":\"y\",\"score_a\":2,\"score_b\":6.5,\"margin\":99,\"chosen\":\"a\"}",
            "{\"id\":\"3\",\"prompt\":\"p\",\"response_a\":\"x\",\"response_b\":\"y\",\"chosen\":\"b\"}",
            "{\"id\":\"4\",\"prompt\":\"p\",\"response_a\":\"x\",\"response_b\":\"y\",\"score_a\":5,\"score_b\":5}",
            "{\"id\":\"5\",\"prompt\":\"p\",\"response_a\":\"x\",\"response_b\":\"y\",\"chosen\":null}");

        Assert.IsFalse(pairs[0].IsLabelled);
        Assert.AreEqual("1", pairs[0].Id);
        Assert.AreEqual("x", pairs[0].Chosen);
        Assert.AreEqual(("y", "x", 6.5f, 2f, 4.5f), (pairs[1].Chosen, pairs[1].Rejected, pairs[1].ChosenScore, pairs[1].RejectedScore, pairs[1].Margin));
        Assert.AreEqual(("y", "x", true), (pairs[2].Chosen, pairs[2].Rejected, pairs[2].IsLabelled));
        Assert.IsNull(pairs[2].Margin);
        Assert.IsFalse(pairs[3].IsLabelled);
        Assert.IsFalse(pairs[4].IsLabelled);
    }

    [TestMethod]
    public void Read_LabelledRow_TakesMarginElseScoreDifference()
    {
        PreferencePair[] pairs = Read(
            "{\"prompt\":\"p\",\"chosen\":\"x\",\"rejected\":\"y\",\"chosen_score\":8,\"rejected_score\":3.5}",
            "{\"prompt\":\"q\",\"chosen\":\"x\",\"rejected\":\"y\",\"chosen_score\":8,\"rejected_score\":3.5,\"margin\":2,\"teacher_response\":\"t\",\"edit_similarity\":0.5,\"status\":\"tie\"}");

        Assert.AreEqual(4.5f, pairs[0].Margin);
        Assert.AreEqual((2f, "t", 0.5f, "tie"), (pairs[1].Margin, pairs[1].TeacherResponse, pairs[1].EditSimilarity, pairs[1].Status));
    }

    [TestMethod]
    public void Read_ConversationsInBothAnswers_SplitsOffTheCommonPrompt()
    {
        PreferencePair[] pairs = Read(
            "{\"chosen\":[{\"role\":\"system\",\"content\":\"s\"},{\"role\":\"user\",\"content\":\"p\"},{\"role\":\"assistant\",\"content\":\"x\"}],\"rejected\":[{\"role\":\"system\",\"content\":\"s\"},{\"role\":\"user\",\"content\":\"p\"},{\"role\":\"assistant\",\"content\":\"y\"}]}",
            "{\"prompt\":[{\"role\":\"user\",\"content\":\"p\"}],\"chosen\":[{\"role\":\"assistant\",\"content\":\"x\"}],\"rejected\":[{\"role\":\"assistant\",\"content\":\"y\"}]}",
            "{\"prompt\":\"p\",\"chosen\":[{\"role\":\"user\",\"content\":\"p\"},{\"role\":\"assistant\",\"content\":\"x\"}],\"rejected\":[{\"role\":\"user\",\"content\":\"p\"},{\"role\":\"assistant\",\"content\":\"z\"}]}");

        Assert.AreEqual(new Conversation([new("system", "s"), new("user", "p")]), pairs[0].Prompt);
        Assert.AreEqual(("x", "y"), (pairs[0].Chosen, pairs[0].Rejected));
        Assert.AreEqual((Conversation)"p", pairs[1].Prompt);
        Assert.AreEqual(((Conversation)"p", "z"), (pairs[2].Prompt, pairs[2].Rejected));
    }

    [TestMethod]
    public void Read_RowsWithoutId_GetIdsFromTheirContent()
    {
        const string row = "{\"prompt\":\"p\",\"chosen\":\"x\",\"rejected\":\"y\"}";
        PreferencePair[] first = Read(row, row, row.Replace("\"x\"", "\"z\"", StringComparison.Ordinal));
        PreferencePair[] again = Read(row.Replace("\"x\"", "\"z\"", StringComparison.Ordinal), row);

        Assert.AreEqual(first[0].Id + "-2", first[1].Id);
        Assert.AreEqual(first[2].Id, again[0].Id);
        Assert.AreEqual(first[0].Id, again[1].Id);
        StringAssert.StartsWith(first[0].Id, "pair-");
    }

    [TestMethod]
    [DataRow("out.jsonl")]
    [DataRow("out.jsonl.gz")]
    public void Write_PairsOfEveryKind_ReadBackEqualAndSameBytes(string name)
    {
        using TemporaryFolder folder = new();
        PreferencePair[] pairs =
        [
            Pair("1") with { ChosenScore = 7.5f, RejectedScore = 2, Margin = 5.5f, TeacherResponse = "t \u2028 \"q\" é 😀", EditSimilarity = 0.1f, Status = "ok" },
            Pair("2") with { Prompt = new Conversation([new("system", "s"), new("user", "u")]), Status = "tie" },
            Pair("3") with { IsLabelled = false, Status = "unlabelled" },
            Pair("4") with { Chosen = "line\r\nbreak\ttab", Status = "ok" },
        ];

        PairFile.Write(folder[name], pairs);
        byte[] bytes = File.ReadAllBytes(folder[name]);
        PairFile.Write(folder[name], PairFile.Read(folder[name]).ToList());

        CollectionAssert.AreEqual(pairs, PairFile.Read(folder[name]).ToArray());
        CollectionAssert.AreEqual(bytes, File.ReadAllBytes(folder[name]));
        Assert.HasCount(1, Directory.GetFiles(folder.Path));
    }

    [TestMethod]
    public void Write_PairsFailHalfway_LeavesTheOldFileAndNoOther()
    {
        using TemporaryFolder folder = new();
        PairFile.Write(folder["out.jsonl"], [Pair("old")]);
        byte[] before = File.ReadAllBytes(folder["out.jsonl"]);

        Assert.ThrowsExactly<InvalidOperationException>(() => PairFile.Write(folder["out.jsonl"], Failing()));

        CollectionAssert.AreEqual(before, File.ReadAllBytes(folder["out.jsonl"]));
        Assert.HasCount(1, Directory.GetFiles(folder.Path));

        static IEnumerable<PreferencePair> Failing()
        {
            yield return Pair("new");
            throw new InvalidOperationException();
        }
    }

    [TestMethod]
    public void Write_FolderThatCannotBeWritten_SaysSo()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["file"], "x");
        StringAssert.Contains(Assert.ThrowsExactly<RewardModelingException>(() => PairFile.Write(folder["none", "out.jsonl"], [Pair("1")])).Message, "cannot be written");
        StringAssert.Contains(Assert.ThrowsExactly<RewardModelingException>(() => PairFile.Write(folder["file", "out.jsonl"], [Pair("1")])).Message, "cannot be written");
        StringAssert.Contains(Assert.ThrowsExactly<RewardModelingException>(() => PairFile.Write(folder["out.parquet"], [Pair("1")])).Message, "read but not written");
    }

    [TestMethod]
    public async Task Read_Parquet_EqualsTheSameRowsInJson()
    {
        using TemporaryFolder folder = new();
        await Parquet.Serialization.ParquetSerializer.SerializeAsync(
            [
                new ParquetPair { id = "1", prompt = "p", chosen = "x é", rejected = "y", chosen_score = 7.5, margin = 2.5f },
                new ParquetPair { id = "2", prompt = "q", chosen = "x", rejected = "y" },
            ],
            folder["pairs.parquet"]);
        await Parquet.Serialization.ParquetSerializer.SerializeAsync([new ParquetPair { id = "1", prompt = "p", chosen = "x" }], folder["bad.parquet"]);
        File.WriteAllText(folder["no.parquet"], "no");

        PreferencePair[] pairs = [.. PairFile.Read(folder["pairs.parquet"])];

        Assert.AreEqual(Pair("1") with { Chosen = "x é", ChosenScore = 7.5f, Margin = 2.5f }, pairs[0]);
        Assert.AreEqual(Pair("2") with { Prompt = "q" }, pairs[1]);
        StringAssert.Contains(Fails(folder["bad.parquet"]), "bad.parquet:1: found no \"rejected\"");
        StringAssert.Contains(Fails(folder["no.parquet"]), "the Parquet file cannot be read");
    }

    [TestMethod]
    public void Read_RealPairFile_ReadsEveryRowByItsScores()
    {
        PreferencePair[] pairs = [.. PairFile.Read(TestData.SharedOrSkip("alpaca-teacher-pairs", "sample.jsonl"))];

        Assert.HasCount(200, pairs);
        Assert.IsTrue(pairs.All(p => p.IsLabelled && p.Margin > 0 && p.Margin == p.ChosenScore - p.RejectedScore));
    }

    private static PreferencePair Pair(string id) => new() { Id = id, Prompt = "p", Chosen = "x", Rejected = "y" };

    private static string Fails(string path) => Assert.ThrowsExactly<RewardModelingException>(() => PairFile.Read(path).ToList()).Message;

    private static PreferencePair[] Read(params string[] lines)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["pairs.jsonl"], string.Join('\n', lines), new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        return [.. PairFile.Read(folder["pairs.jsonl"])];
    }

#pragma warning disable IDE1006 // Column names of the file.
    private sealed class ParquetPair
    {
        public string? id { get; set; }

        public string? prompt { get; set; }

        public string? chosen { get; set; }

        public string? rejected { get; set; }

        public double? chosen_score { get; set; }

        public float? margin { get; set; }
    }
#pragma warning restore IDE1006
}
