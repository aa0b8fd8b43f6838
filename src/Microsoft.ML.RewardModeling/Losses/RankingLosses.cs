using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Losses;

/// <summary>
/// Losses on the rewards of pairs. Every function takes <c>[B]</c> floating-point tensors of one type and returns the
/// mean over the pairs as a scalar tensor. Callers own all tensors.
/// </summary>
internal static class RankingLosses
{
    /// <summary>mean(-log sigmoid(r_w - r_l)).</summary>
    /// <remarks>Bradley and Terry, "Rank analysis of incomplete block designs", 1952; as a reward-model loss:
    /// Ouyang et al., "Training language models to follow instructions with human feedback", arXiv 2203.02155, eq. 1.</remarks>
    public static Tensor BradleyTerry(Tensor chosen, Tensor rejected)
        => nn.functional.softplus(rejected - chosen).mean();

    /// <summary>mean(-log sigmoid(r_w - r_l - k m)): a stronger preference must be told by a wider gap.</summary>
    /// <remarks>Touvron et al., "Llama 2", arXiv 2307.09288, eq. 2, with m the teacher's score difference.</remarks>
    public static Tensor BradleyTerryMargin(Tensor chosen, Tensor rejected, Tensor margin, double scale)
        => nn.functional.softplus(rejected - chosen + (margin * scale)).mean();

    /// <summary>mean((r_w - r_l - k m)^2): the reward difference is the teacher's score difference.</summary>
    /// <remarks>RM-Distiller, arXiv 2601.14032, the ranking loss.</remarks>
    public static Tensor MarginRegression(Tensor chosen, Tensor rejected, Tensor margin, double scale)
        => (chosen - rejected - (margin * scale)).square().mean();

    /// <summary>
    /// Cross-entropy of the model's preference sigmoid(r_w - r_l) against the teacher's sigmoid(k m). With d = r_w - r_l and
    /// p = sigmoid(k m) it is mean(softplus(d) - p d).
    /// </summary>
    /// <remarks>Soft labels from score differences, called LSAM in the comparison of RM-Distiller, arXiv 2601.14032.</remarks>
    public static Tensor SoftLabel(Tensor chosen, Tensor rejected, Tensor margin, double scale)
    {
        Tensor difference = chosen - rejected;
        return (nn.functional.softplus(difference) - ((margin * scale).sigmoid() * difference)).mean();
    }

    /// <summary>mean over both answers of (r - s)^2, with scores already on the reward's scale (<see cref="NormalizedScore"/>).</summary>
    /// <remarks>Regression on ratings as in SteerLM: Dong et al., arXiv 2310.05344; Wang et al., "HelpSteer2", arXiv 2406.08673.</remarks>
    public static Tensor Pointwise(Tensor chosen, Tensor rejected, Tensor chosenScore, Tensor rejectedScore)
        => ((chosen - chosenScore).square().mean() + (rejected - rejectedScore).square().mean()) / 2;

    /// <summary>A 1-10 rating on a scale that a fresh head starts in the middle of: (s - 5.5) / 4.5, from -1 to 1.</summary>
    public static float NormalizedScore(float score) => (score - 5.5f) / 4.5f;
}
