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

    /// <summary>
    /// Negative log-likelihood that a reader who draws answers one after the other, each with probability proportional to
    /// exp(r), draws them best first: sum_i (logsumexp of the rewards not above i's score - r_i) / (N - 1). Equal scores share
    /// one denominator (Breslow), so their order does not matter. Two answers give Bradley-Terry.
    /// </summary>
    /// <param name="rewards"><c>[N]</c>, at least 2.</param>
    /// <param name="scores"><c>[N]</c>: a higher score comes first.</param>
    /// <remarks>Plackett, "The analysis of permutations", 1975; as a loss ListMLE: Xia et al., "Listwise approach to learning to rank", ICML 2008.</remarks>
    public static Tensor PlackettLuce(Tensor rewards, Tensor scores)
    {
        Tensor isAbove = scores.unsqueeze(0).gt(scores.unsqueeze(1));                                   // (N, N): j above i
        Tensor left = rewards.unsqueeze(0).masked_fill(isAbove, double.NegativeInfinity).logsumexp(1);  // (N)
        return (left - rewards).sum() / Math.Max(1, rewards.shape[0] - 1);
    }

    /// <summary>
    /// mean((2 m)^2) with m the mean reward of a prompt's answers, for two answers mean((r_w + r_l)^2): rankings say nothing
    /// about the level of the rewards; this holds it near 0.
    /// </summary>
    /// <param name="means"><c>[B]</c> mean reward of each prompt's answers.</param>
    /// <remarks>Eisenstein et al., "Helping or herding?", arXiv 2312.09244, section 2; the term <c>center_rewards_coefficient</c> of TRL.</remarks>
    public static Tensor Centring(Tensor means) => (means * 2).square().mean();

    /// <summary>A 1-10 rating on a scale that a fresh head starts in the middle of: (s - 5.5) / 4.5, from -1 to 1.</summary>
    public static float NormalizedScore(float score) => (score - 5.5f) / 4.5f;
}
