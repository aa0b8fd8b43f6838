namespace Microsoft.ML.RewardModeling.Models;

/// <summary>In which type a loaded model keeps its weights. It computes in float32 either way.</summary>
public enum WeightPrecision
{
    /// <summary>Float32, in this process's own memory: four bytes a parameter. Needed for training.</summary>
    Fp32,

    /// <summary>
    /// As the files have them, for scoring only. On the CPU, matrices in BF16, F16 and (as this library saves it) F32 stay in the mapped file, so
    /// loading takes no time, several processes share the memory, and the system may take it back; one matrix at a time is
    /// widened to float32 while it is used. Rewards are those of <see cref="Fp32"/>. The files must stay as they are until
    /// the model is disposed.
    /// </summary>
    AsStored,
}
