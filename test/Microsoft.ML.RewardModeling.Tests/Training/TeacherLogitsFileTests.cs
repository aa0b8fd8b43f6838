using Microsoft.ML.RewardModeling.Batching;
using Microsoft.ML.RewardModeling.Models;
using Microsoft.ML.RewardModeling.Tests.Models;
using Microsoft.ML.RewardModeling.Training;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Tests.Training;

[TestClass]
public sealed class TeacherLogitsFileTests
{
    private static readonly TokenizedSequence First = new([1, 5, 6, 7], 2), Second = new([1, 9, 2], 1);

    [TestMethod]
    [DataRow(4096, 2)]
    [DataRow(151_936, 4)]
    public void Write_TwoTexts_AreReadBackAtHalfPrecision(int vocabulary, int idBytes)
    {
        using TemporaryFolder folder = new();
        TeacherLogitsHeader header = new(false, 2, 1.5, vocabulary, "abc", "teacher");
        TeacherLogitsFile.Write(folder["t.rmtl"], header, [Tokens(First, [7, 3, vocabulary - 1, 0], [-0.1f, -3, -0.5f, -1]), Tokens(Second, [1, 2, 3, 4], [-1, -2, -3, -4])]);

        using TeacherLogitsFile file = TeacherLogitsFile.Open(folder["t.rmtl"]);

        Assert.AreEqual(header, file.Header);
        Assert.AreEqual(idBytes, file.Header.IdBytes);
        Assert.AreEqual(2, file.Texts);
        (int[] ids, float[] logs) = file.Tokens(First);
        CollectionAssert.AreEqual(new[] { 7, 3, vocabulary - 1, 0 }, ids);
        CollectionAssert.AreEqual(new[] { (float)(Half)(-0.1f), -3, -0.5f, -1 }, logs);
        CollectionAssert.AreEqual(new[] { 1, 2, 3, 4 }, file.Tokens(Second).Ids);
        Assert.IsFalse(file.Has(First with { PromptLength = 1 }));

        (TokenizedSequence, byte[], int) Tokens(TokenizedSequence text, int[] wanted, float[] values)
            => (text, TeacherLogitsFile.TokenData(wanted, values, header.IdBytes), 2);
    }

    [TestMethod]
    public void Open_DamagedInAnyPlace_IsAnErrorThatNamesTheFile()
    {
        using TemporaryFolder folder = new();
        string path = folder["t.rmtl"];
        TeacherLogitsFile.Write(path, new(true, 0, 1, 50, "abc", "t"), [(First, TeacherLogitsFile.SpanData([new(2, -1)]), 1)]);
        byte[] bytes = File.ReadAllBytes(path);
        for (int length = 0; length < bytes.Length; length++)
        {
            File.WriteAllBytes(path, bytes[..length]);
            StringAssert.Contains(Assert.ThrowsExactly<RewardModelingException>(() => TeacherLogitsFile.Open(path).Dispose()).Message, path);
        }

        File.WriteAllBytes(path, bytes);
        using TeacherLogitsFile whole = TeacherLogitsFile.Open(path);
        CollectionAssert.AreEqual(new[] { 2 }, whole.Spans(First).Rows);
    }

    [TestMethod]
    public void Run_DistributionsFromAFile_TrainAsThoseComputedAtOnce()
    {
        using TemporaryFolder folder = new();
        TokenizedPair[] pairs = TrainingData.Pairs(6);
        TrainingOptions options = new() { KlWeight = 1, KlTopK = 8, KlTemperature = 2, LearningRate = 3e-3, Epochs = 2, BatchSize = 3 };
        using RewardModel teacher = TinyModels.Create(seed: 9), direct = TinyModels.Create(), stored = TinyModels.Create();
        TopKDistributions known = TopKDistributions.Compute(teacher, pairs, 8, 2, default);
        TeacherLogitsHeader header = new(false, 8, 2, teacher.Config.VocabularySize, "sha", "teacher");
        TeacherLogitsFile.Write(folder["t.rmtl"], header, pairs.Select((pair, i) =>
        {
            (long[] ids, float[] logs) = known.Gather([i]);
            return (pair.Teacher!, TeacherLogitsFile.TokenData([.. ids.Select(id => (int)id)], logs, header.IdBytes), pair.Teacher!.Labels);
        }));
        using TeacherLogitsFile file = TeacherLogitsFile.Open(folder["t.rmtl"]);

        TrainingSummary expected = TrainingRun.Run(direct, pairs, [], options, null, teacher);
        TrainingSummary found = TrainingRun.Run(stored, pairs, [], options, source: new TeacherSource(file, "sha"));

        Assert.AreEqual(expected.Curve[0].KlLoss, found.Curve[0].KlLoss, 2e-3 * expected.Curve[0].KlLoss);
        Assert.AreEqual(expected.KlLoss, found.KlLoss, 5e-3 * expected.KlLoss);
        StringAssert.Contains(
            Assert.ThrowsExactly<RewardModelingException>(() => TrainingRun.Run(stored, pairs, [], options, source: new TeacherSource(file, "other"))).Message, "tokenizer.json");
        StringAssert.Contains(
            Assert.ThrowsExactly<RewardModelingException>(() => TrainingRun.Run(stored, TrainingData.Pairs(6, 3), [], options, source: new TeacherSource(file, "sha"))).Message, "pair-0");
        StringAssert.Contains(
            Assert.ThrowsExactly<RewardModelingException>(() => TrainingRun.Run(stored, pairs, [], options with { KlTemperature = 1 }, source: new TeacherSource(file, "sha"))).Message,
            "temperature 2");
    }

    [TestMethod]
    public void Run_SpansFromAFile_LowerTheDivergence()
    {
        using TemporaryFolder folder = new();
        TokenizedPair[] pairs = TrainingData.Pairs(6);
        TeacherLogitsHeader header = new(true, 0, 1, 60, "sha", "teacher");
        TeacherLogitsFile.Write(folder["t.rmtl"], header, pairs.Select(pair =>
        {
            int labels = pair.Teacher!.Labels;
            SpanAlignment.Span[] spans = labels > 2 ? [new(2, -0.2f), new(labels - 2, float.NaN)] : [new(labels, -0.3f)];
            return (pair.Teacher, TeacherLogitsFile.SpanData(spans), spans.Length);
        }));
        using TeacherLogitsFile file = TeacherLogitsFile.Open(folder["t.rmtl"]);
        using RewardModel model = TinyModels.Create();

        TrainingSummary summary = TrainingRun.Run(
            model, pairs, [], new TrainingOptions { KlWeight = 1, Epochs = 30, LearningRate = 5e-3 }, source: new TeacherSource(file, "sha"));

        Assert.IsLessThan(summary.Curve[0].KlLoss / 2, summary.Curve[^1].KlLoss);
    }
}
