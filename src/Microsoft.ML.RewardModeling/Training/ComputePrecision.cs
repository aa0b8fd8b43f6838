using System.Diagnostics.CodeAnalysis;

namespace Microsoft.ML.RewardModeling;

/// <summary>The numbers inside the matrix products of training. Weights, gradients and optimizer state are float32 either way.</summary>
[SuppressMessage("Naming", "CA1720:Identifier contains type name", Justification = "The number formats are what the choice is about.")]
public enum ComputePrecision
{
    /// <summary>Exact float32. The default.</summary>
    Float32,

    /// <summary>
    /// Activations and weights are rounded to bfloat16 for the products of the layers: faster on processors with bfloat16
    /// instructions (AVX-512 BF16, AMX) and on GPUs, much slower on others; losses move in the third digit.
    /// </summary>
    BFloat16,
}
