namespace Microsoft.ML.RewardModeling.Models.Layers;

/// <summary>What the linear layers of one network compute in at present.</summary>
internal sealed class MatrixPrecision
{
    /// <summary>Float32 unless a training step says otherwise.</summary>
    public ComputePrecision Value { get; set; }
}
