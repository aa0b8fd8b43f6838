using Microsoft.ML.RewardModeling.Losses;
using Microsoft.ML.RewardModeling.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Tests.Losses;

[TestClass]
public sealed class ChunkedLanguageLossTests
{
    private const int Labels = 7, Hidden = 3, Vocabulary = 11, Listed = 4;

    [ClassInitialize]
    public static void LoadTorch(TestContext context) => TorchRuntime.EnsureLoaded();

    [TestMethod]
    public void PerSample_TwoSamples_FollowTheDocumentedExample()
        => CollectionAssert.AreEqual(new[] { 0.25f, 0.25f, 0.5f }, TokenWeighting.PerSample([2, 1]));

    [TestMethod]
    public void Compute_OneLabelOfTwoEqualTokens_IsLogTwo()
    {
        // Both logits are 0, so the label has probability 1/2. The teacher gives token 0 3/4 and names nothing else:
        // 3/4 ln(3/4 / 1/2) + 1/4 ln(1/4 / 1/2) = 0.3040988301 - 0.1732867951 = 0.1308120350.
        using DisposeScope scope = NewDisposeScope();
        LanguageTargets targets = new(tensor(new[] { 1L }), ones(1, ScalarType.Float64))
        {
            TeacherIds = tensor(new[] { 0L }).reshape(1, 1),
            TeacherLogProbabilities = tensor(new[] { Math.Log(0.75) }).reshape(1, 1),
        };
        LanguageLoss loss = ChunkedLanguageLoss.Compute(ones([1, 1], ScalarType.Float64), zeros([2, 1], ScalarType.Float64), targets, 1, 10);

        Assert.AreEqual(Math.Log(2), loss.Sft.item<double>(), 1e-12);
        Assert.AreEqual(0.1308120350, loss.Kl.item<double>(), 1e-9);
        Assert.AreEqual(Math.Log(2) + 1.308120350, loss.Weighted.item<double>(), 1e-8);
    }

    [TestMethod]
    public void Compute_SpanOfTwoTokens_EqualsHandValue()
    {
        // Equal logits over 2 tokens: a span of two has student probability 1/4. Teacher 1/2:
        // 1/2 ln(1/2 / 1/4) + 1/2 ln(1/2 / 3/4) = 0.3465735903 - 0.2027325541 = 0.1438410362. The second span has no weight.
        using DisposeScope scope = NewDisposeScope();
        LanguageTargets targets = new(tensor(new[] { 0L, 1L, 1L }), ones(3, ScalarType.Float64))
        {
            Spans = new SpanTargets([2, 1], tensor(new[] { Math.Log(0.5), Math.Log(0.9) }), tensor(new[] { 1.0, 0.0 })),
        };

        Assert.AreEqual(
            0.1438410362, ChunkedLanguageLoss.Compute(ones([3, 1], ScalarType.Float64), zeros([2, 1], ScalarType.Float64), targets, 0, 1).Kl.item<double>(), 1e-9);
    }

    [TestMethod]
    public void Compute_TeacherNamesFewerTokensThanK_IgnoresTheEmptyPlaces()
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor states, Tensor head, LanguageTargets targets) = Case(1, spans: false);
        LanguageTargets shorter = targets with
        {
            TeacherIds = targets.TeacherIds!.narrow(1, 0, 2), TeacherLogProbabilities = targets.TeacherLogProbabilities!.narrow(1, 0, 2),
        };
        LanguageTargets holes = targets with
        {
            TeacherLogProbabilities = cat([shorter.TeacherLogProbabilities!, full([Labels, 2], double.NegativeInfinity, ScalarType.Float64)], 1),
        };

        LanguageLoss expected = ChunkedLanguageLoss.Compute(states, head, shorter, 0, 1);
        expected.Weighted.backward();
        double[] gradient = states.grad!.data<double>().ToArray();
        states.grad!.zero_();
        LanguageLoss actual = ChunkedLanguageLoss.Compute(states, head, holes, 0, 1);
        actual.Weighted.backward();

        Assert.AreEqual(expected.Kl.item<double>(), actual.Kl.item<double>(), 1e-12);
        Assert.IsLessThan(1e-12, gradient.Zip(states.grad!.data<double>().ToArray(), (a, b) => Math.Abs(a - b)).Max());
    }

    [TestMethod]
    [DataRow(1.0, false, 0.0)]
    [DataRow(1.7, false, 0.0)]
    [DataRow(1.0, true, 0.0)]
    [DataRow(1.7, true, 0.0)]
    [DataRow(1.7, false, 2.0)]
    public void Compute_InChunksOfThree_EqualsTheLossesAsWrittenAndTheirGradients(double temperature, bool spans, double softCap)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor states, Tensor head, LanguageTargets targets) = Case(temperature, spans);
        Tensor logits = states.matmul(head.t());
        logits = softCap > 0 ? (logits / softCap).tanh() * softCap : logits;
        Tensor sft = PlainGenerativeLosses.SupervisedFineTuning(logits.log_softmax(1), targets.Labels, targets.Weights);
        Tensor kl = PlainDivergence(logits, targets);
        ((sft * 0.7) + (kl * 1.3)).backward();
        double[] stateGradient = states.grad!.data<double>().ToArray(), headGradient = head.grad!.data<double>().ToArray();
        states.grad!.zero_();
        head.grad!.zero_();

        LanguageLoss loss = ChunkedLanguageLoss.Compute(states, head, targets, 0.7, 1.3, softCap, chunk: 3);
        (loss.Weighted * 2).backward();

        Assert.AreEqual(sft.item<double>(), loss.Sft.item<double>(), 1e-12);
        Assert.AreEqual(kl.item<double>(), loss.Kl.item<double>(), 1e-12);
        Assert.IsLessThan(1e-12, stateGradient.Zip(states.grad!.data<double>().ToArray(), (a, b) => Math.Abs((2 * a) - b)).Max());
        Assert.IsLessThan(1e-12, headGradient.Zip(head.grad!.data<double>().ToArray(), (a, b) => Math.Abs((2 * a) - b)).Max());
    }

    [TestMethod]
    [DataRow(1.0, false)]
    [DataRow(1.7, false)]
    [DataRow(1.3, true)]
    public void Compute_FiniteDifferences_EqualGradient(double temperature, bool spans)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor states, Tensor head, LanguageTargets targets) = Case(temperature, spans);
        double[] stateValues = states.data<double>().ToArray(), headValues = head.data<double>().ToArray();

        GradientCheck.Check(x => ChunkedLanguageLoss.Compute(x, head.detach(), targets, 0.7, 1.3, chunk: 3).Weighted, stateValues, Labels, Hidden);
        GradientCheck.Check(x => ChunkedLanguageLoss.Compute(states.detach(), x, targets, 0.7, 1.3, chunk: 3).Weighted, headValues, Vocabulary, Hidden);
    }

    [TestMethod]
    public void Compute_ManyTimes_LeavesNoTensors()
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor states, Tensor head, LanguageTargets targets) = Case(1.7, spans: false);
        void Once()
        {
            using DisposeScope inner = NewDisposeScope();
            ChunkedLanguageLoss.Compute(states, head, targets, 0.7, 1.3, chunk: 2).Weighted.backward();
        }

        Once();
        long live = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (int i = 0; i < 20; i++)
        {
            Once();
        }

        Assert.AreEqual(live, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    private static Tensor PlainDivergence(Tensor logits, LanguageTargets targets)
    {
        if (targets.Spans is not { } spans)
        {
            return PlainGenerativeLosses.TopKDivergence(
                (logits / targets.Temperature).log_softmax(1), targets.TeacherIds!, targets.TeacherLogProbabilities!, targets.Weights, targets.Temperature);
        }

        Tensor labelled = logits.log_softmax(1).gather(1, targets.Labels.unsqueeze(1)).squeeze(1);
        Tensor student = stack([.. labelled.split([.. spans.Rows.Select(rows => (long)rows)]).Select(part => part.sum())]);
        return PlainGenerativeLosses.SpanDivergence(student, spans.LogProbabilities, spans.Weights, targets.Temperature);
    }

    private static (Tensor States, Tensor Head, LanguageTargets Targets) Case(double temperature, bool spans)
    {
        using Generator generator = new(3, CPU);
        Tensor Normal(params long[] shape) => randn(shape, ScalarType.Float64, generator: generator);
        (Tensor listed, Tensor ids) = Normal(Labels, Vocabulary).log_softmax(1).topk(Listed);
        LanguageTargets targets = new(tensor(new[] { 2L, 0, 10, 5, 5, 1, 9 }), tensor(new[] { 0.1, 0.1, 0.1, 0.2, 0.2, 0.2, 0.1 }))
        {
            Temperature = temperature,
            TeacherIds = spans ? null : ids,
            TeacherLogProbabilities = spans ? null : listed,
            Spans = !spans ? null : new SpanTargets([1, 2, 1, 3], tensor(new[] { 0.4, 0.05, 0.9, 0.001 }).log(), tensor(new[] { 0.3, 0.3, 0.0, 0.4 })),
        };
        return (Normal(Labels, Hidden).requires_grad_(true), Normal(Vocabulary, Hidden).requires_grad_(true), targets);
    }
}
