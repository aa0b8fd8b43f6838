using Microsoft.ML.RewardModeling.Models.Plans;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Models.Layers;

/// <summary>Cosines and sines for positions 0, 1, ..., computed in double precision; it grows when a longer text comes.</summary>
internal sealed class AngleTable(RopePlan plan, int lengthClass, Device device)
{
    private readonly Lock _growing = new();
    private volatile Known? _known;

    private sealed record Known(RotaryTable.Angles Angles, int Positions);

    /// <summary>cos and signed sin, each <c>[P, 1, d]</c> with P at least <paramref name="positions"/>.</summary>
    public RotaryTable.Angles Covering(int positions)
    {
        if (_known is { } ready && ready.Positions >= positions)
        {
            return ready.Angles;
        }

        lock (_growing)
        {
            if (_known is not { } known || known.Positions < positions)
            {
                // Forwards on other threads may still read the smaller table, so it is left to the garbage collector.
                int covered = Math.Max(512, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)positions));
                _known = new Known(Build(covered), covered);
            }

            return _known!.Angles;
        }
    }

    private RotaryTable.Angles Build(int positions)
    {
        double[] frequencies = RopeFrequencies.Compute(plan, lengthClass);
        int half = plan.Dim / 2;
        float[] cosine = new float[positions * plan.Dim];
        float[] sine = new float[positions * plan.Dim];
        for (int i = 0; i < half; i++)
        {
            for (int position = 0; position < positions; position++)
            {
                (double sin, double cos) = Math.SinCos(position * frequencies[i]);
                (cos, sin) = (cos * plan.Amplitude, sin * plan.Amplitude);
                int at = (position * plan.Dim) + i;
                (cosine[at], cosine[at + half]) = ((float)cos, (float)cos);
                (sine[at], sine[at + half]) = (-(float)sin, (float)sin);
            }
        }

        return new RotaryTable.Angles(Table(cosine, positions), Table(sine, positions));
    }

    private Tensor Table(float[] values, int positions)
    {
        using DisposeScope scope = NewDisposeScope();
        return tensor(values).reshape(positions, 1, plan.Dim).to(device).DetachFromDisposeScope();
    }
}
