namespace Microsoft.ML.RewardModeling.Models.Layers;

/// <summary>
/// Where a run's dropout stands: a function of seed, step and batch, so that a resumed run, or a layer that is computed
/// again for its gradient, leaves out the same values.
/// </summary>
internal sealed class DropoutDraw(int seed)
{
    private ulong _place;

    /// <summary>Whether a batch is trained on; nothing is left out otherwise.</summary>
    public bool IsActive { get; private set; }

    /// <summary>Goes to a batch of a step.</summary>
    public void MoveTo(int step, int batch) => (_place, IsActive) = (((ulong)(uint)step << 20) ^ (ulong)(uint)batch, true);

    /// <summary>From here on the model is only measured.</summary>
    public void Stop() => IsActive = false;

    /// <summary>The seed of one adapter's draw at this place (the mixing of SplitMix64).</summary>
    public ulong Seed(int index)
    {
        ulong z = ((ulong)(uint)seed << 32) ^ (_place * 0x9E3779B97F4A7C15) ^ ((ulong)(uint)index * 0xD1B54A32D192ED03);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
