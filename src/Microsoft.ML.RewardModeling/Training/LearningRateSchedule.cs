namespace Microsoft.ML.RewardModeling;

/// <summary>How the learning rate goes on after its linear rise.</summary>
public enum LearningRateSchedule
{
    /// <summary>Half a cosine down to 0 (Loshchilov and Hutter, arXiv 1608.03983, without restarts).</summary>
    Cosine,

    /// <summary>A straight line down to 0.</summary>
    Linear,

    /// <summary>Stays at its highest value.</summary>
    Constant,

    /// <summary>Stays at its highest value, then falls in a straight line to 0 in the last part (WSD: Hu et al., "MiniCPM", arXiv 2404.06395).</summary>
    WarmupStableDecay,
}
