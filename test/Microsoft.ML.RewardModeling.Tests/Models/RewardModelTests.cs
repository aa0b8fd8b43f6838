using Microsoft.ML.RewardModeling.Models;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Tests.Models;

[TestClass]
public sealed class RewardModelTests
{
    [TestMethod]
    public void Score_AloneOrInCompany_IsTheSame()
    {
        using RewardModel model = TinyModels.Create(biases: true);
        int[][] texts = [.. Enumerable.Range(0, 40).Select(i => TinyModels.Ids(i, 1 + (i * 37 % 113)))];

        float[] together = model.Score(texts);

        for (int i = 0; i < texts.Length; i++)
        {
            Assert.AreEqual(model.Score([texts[i]])[0], together[i], 1e-5f, $"text {i}");
        }

        Assert.IsGreaterThan(0.1f, together.Max() - together.Min());
    }

    [TestMethod]
    public void Score_TokensAfterTheLast_AreTheOnlyOnesThatMatter()
    {
        // The reward is read at the last token by length: the same id as padding or end inside the text must not stop it.
        using RewardModel model = TinyModels.Create();

        float[] scores = model.Score([[1, 5, 2, 7, 2], [1, 5, 2], [1, 5, 2, 7, 2, 0]]);

        Assert.AreNotEqual(scores[0], scores[1]);
        Assert.AreNotEqual(scores[0], scores[2]);
    }

    [TestMethod]
    public void Score_IdOutsideTheEmbedding_NamesTextAndId()
    {
        using RewardModel model = TinyModels.Create();

        ArgumentException error = Assert.ThrowsExactly<ArgumentException>(() => model.Score([[1, 2], [1, 48]]));

        StringAssert.Contains(error.Message, "Text 1 has id 48");
        Assert.ThrowsExactly<ArgumentException>(() => model.Score([[]]));
    }

    [TestMethod]
    public void Score_Cancelled_Throws()
    {
        using RewardModel model = TinyModels.Create();

        Assert.ThrowsExactly<OperationCanceledException>(() => model.Score([[1, 2]], new CancellationToken(canceled: true)));
    }

    [TestMethod]
    public void Logits_PaddingLeftOrRight_EqualsTheTextAlone()
    {
        using RewardModel model = TinyModels.Create();
        int[] text = TinyModels.Ids(3, 5);
        float[] alone = model.Logits(text);

        float[] right = model.Logits([[.. text, 0, 0], [.. text, 9, 9]], [[1, 1, 1, 1, 1, 0, 0], [1, 1, 1, 1, 1, 1, 1]]);
        float[] left = model.Logits([[0, 0, .. text]], [[0, 0, 1, 1, 1, 1, 1]], [[0, 0, 0, 1, 2, 3, 4]]);

        AssertClose(alone, right[..alone.Length]);
        AssertClose(new float[2 * 48], right[alone.Length..(7 * 48)]);
        AssertClose(alone, right[(7 * 48)..(12 * 48)]);
        AssertClose(new float[2 * 48], left[..(2 * 48)]);
        AssertClose(alone, left[(2 * 48)..]);
    }

    [TestMethod]
    public void Logits_LeftPaddingWithoutPositions_CountsPaddingAsTransformersDoes()
    {
        using RewardModel model = TinyModels.Create();
        int[] text = TinyModels.Ids(3, 5);

        float[] shifted = model.Logits([[0, 0, .. text]], [[0, 0, 1, 1, 1, 1, 1]]);

        // Rotary attention sees differences only, so a common shift changes nothing; a gap in the middle does.
        AssertClose(model.Logits(text), shifted[(2 * 48)..]);
        float[] gap = model.Logits([[text[0], 0, .. text[1..]]], [[1, 0, 1, 1, 1, 1]]);
        AssertClose(gap[(2 * 48)..], model.Logits([text], null, [[0, 2, 3, 4, 5]])[48..]);
        Assert.IsGreaterThan(1e-3f, gap[^48..].Zip(model.Logits(text)[^48..], (a, b) => Math.Abs(a - b)).Max());
    }

    [TestMethod]
    public void Rewards_PaddedBatch_EqualScores()
    {
        using RewardModel model = TinyModels.Create();
        int[] text = TinyModels.Ids(3, 5);

        Assert.AreEqual(model.Score([text])[0], model.Rewards([[.. text, 2, 2]], [[1, 1, 1, 1, 1, 0, 0]], null)[0], 1e-6f);
    }

    [TestMethod]
    public void Create_SameSeed_GivesTheSameModel()
    {
        using RewardModel a = TinyModels.Create(seed: 7), b = TinyModels.Create(seed: 7), c = TinyModels.Create(seed: 8);
        int[][] texts = [TinyModels.Ids(1, 9)];

        Assert.AreEqual(a.Score(texts)[0], b.Score(texts)[0]);
        Assert.AreNotEqual(a.Score(texts)[0], c.Score(texts)[0]);
    }

    [TestMethod]
    public void Load_CausalModelTwice_FreshHeadFollowsTheSeed()
    {
        string directory = TestData.Own("models", "rm-nano-base");
        int[][] texts = [[1, 3, 100, 200, 2]];
        float Score(int seed)
        {
            using RewardModel model = RewardModel.Load(directory, new RewardModelLoadOptions { Seed = seed });
            return model.Score(texts)[0];
        }

        Assert.AreEqual(Score(1), Score(1));
        Assert.AreNotEqual(Score(1), Score(2));
    }

    [TestMethod]
    public void Load_TokenizerLargerThanTheEmbedding_IsRefused()
    {
        RewardModelingException error = Assert.ThrowsExactly<RewardModelingException>(() => RewardModel.Load(
            TestData.Own("models", "rm-nano-base"), new RewardModelLoadOptions { TokenizerVocabularySize = 4097 }));

        StringAssert.Contains(error.Message, "4096");
    }

    [TestMethod]
    public void ParameterCount_RmNanoBase_IsThePublishedNumberAndTheHead()
    {
        using RewardModel model = RewardModel.Load(TestData.Own("models", "rm-nano-base"));

        Assert.AreEqual(4_000_512 + 256, model.ParameterCount);
        Assert.IsTrue(model.HasLanguageHead);
    }

    private static void AssertClose(float[] expected, float[] found)
    {
        Assert.HasCount(expected.Length, found);
        Assert.IsLessThan(1e-5f, expected.Zip(found, (a, b) => Math.Abs(a - b)).Max());
    }
}
