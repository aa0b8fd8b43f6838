namespace Microsoft.ML.RewardModeling.Models;

/// <summary>The type of the weights in a saved model directory.</summary>
public enum SavedWeightType
{
    /// <summary>Float32: nothing is lost, and reloading gives the same rewards to the bit.</summary>
    Fp32,

    /// <summary>The type the backbone was saved in (<c>dtype</c> or <c>torch_dtype</c> of its configuration).</summary>
    AsLoaded,

    /// <summary>bfloat16, rounded to nearest: half the size, about three significant digits.</summary>
    Bf16,

    /// <summary>float16, rounded to nearest; a weight above 65504 is an error.</summary>
    Fp16,
}
