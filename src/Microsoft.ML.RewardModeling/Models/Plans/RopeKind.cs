namespace Microsoft.ML.RewardModeling.Models.Plans;

/// <summary>How rotary frequencies are stretched to longer texts (<c>rope_type</c>).</summary>
internal enum RopeKind
{
    /// <summary>theta^(-2i/d) as it is.</summary>
    Default,

    /// <summary>All frequencies divided by one factor.</summary>
    Linear,

    /// <summary>A larger theta for texts longer than the model was made for (NTK-aware).</summary>
    Dynamic,

    /// <summary>Low frequencies divided, high ones kept, a ramp between (Llama 3.1).</summary>
    Llama3,

    /// <summary>One divisor per frequency, from a short or a long list (Ding et al., arXiv 2402.13753).</summary>
    LongRope,
}
