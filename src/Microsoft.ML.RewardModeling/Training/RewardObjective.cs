namespace Microsoft.ML.RewardModeling;

/// <summary>What a reward model learns from a pair. <c>m</c> is the teacher's score difference, <c>k</c> the margin scale.</summary>
public enum RewardObjective
{
    /// <summary>mean((r_w - r_l - k m)^2): the reward difference is the score difference (RM-Distiller, arXiv 2601.14032). Needs margins.</summary>
    MarginRegression,

    /// <summary>mean(-log sigmoid(r_w - r_l)) (Ouyang et al., arXiv 2203.02155). Needs no scores.</summary>
    BradleyTerry,

    /// <summary>mean(-log sigmoid(r_w - r_l - k m)) (Llama 2, arXiv 2307.09288). Needs margins.</summary>
    BradleyTerryMargin,

    /// <summary>Cross-entropy of sigmoid(r_w - r_l) against sigmoid(k m): soft labels from score differences (LSAM). Needs margins.</summary>
    SoftLabel,

    /// <summary>Regression of each reward on its own 1-10 score, mapped to -1..1 (SteerLM, arXiv 2310.05344). Needs both scores.</summary>
    Pointwise,

    /// <summary>
    /// The likelihood of the order of all answers of a prompt, best first (Plackett-Luce; ListMLE, Xia et al. 2008). Takes lists
    /// of scored answers, or pairs, which are gathered by prompt. Needs an order; of two answers it is <see cref="BradleyTerry"/>.
    /// </summary>
    PlackettLuce,
}
