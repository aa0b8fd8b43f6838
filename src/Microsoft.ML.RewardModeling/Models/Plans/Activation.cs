namespace Microsoft.ML.RewardModeling.Models.Plans;

/// <summary>The nonlinearity of the gated MLP.</summary>
internal enum Activation
{
    /// <summary>x sigmoid(x).</summary>
    Silu,

    /// <summary>x Phi(x) with the normal distribution function Phi.</summary>
    Gelu,

    /// <summary>The tanh approximation of <see cref="Gelu"/>.</summary>
    GeluTanh,
}
