namespace Microsoft.ML.RewardModeling.Models.Plans;

/// <summary>The nonlinearity of the gated MLP.</summary>
internal enum Activation
{
    /// <summary>x sigmoid(x).</summary>
    Silu,

    /// <summary>x Phi(x) with the normal distribution function Phi.</summary>
    Gelu,

    /// <summary>x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), close to <see cref="Gelu"/>.</summary>
    GeluTanh,
}
