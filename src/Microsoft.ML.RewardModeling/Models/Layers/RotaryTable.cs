using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Models.Layers;

/// <summary>
/// Rotary position embedding in the half-split layout of Hugging Face's Llama: element i turns with element i + D/2 by the
/// angle p theta^(-2i/D) (Su et al., arXiv 2104.09864). The tables are computed in double precision once and kept.
/// </summary>
internal sealed class RotaryTable(int headDim, double theta, Device device)
{
    private readonly Lock _growing = new();
    private volatile Angles? _angles;

    /// <summary>cos and signed sin of the angles at the wanted rows, each <c>[N, 1, D]</c>.</summary>
    internal sealed record Angles(Tensor Cosine, Tensor Sine, int Positions);

    /// <summary>The angles for tokens at these positions.</summary>
    /// <param name="positions"><c>[N]</c> int64.</param>
    /// <param name="largest">The largest of them.</param>
    public Angles At(Tensor positions, int largest)
    {
        Angles table = Covering(largest);
        return new Angles(table.Cosine.index_select(0, positions), table.Sine.index_select(0, positions), largest + 1);
    }

    /// <summary>Turns every head of x <c>[N, heads, D]</c>.</summary>
    /// <remarks>(x1, x2) becomes (x1 cos - x2 sin, x2 cos + x1 sin): rolling by D/2 swaps the halves, and the sine carries the sign.</remarks>
    public static Tensor Rotate(Tensor x, Angles at)
        => addcmul(x * at.Cosine, x.roll(x.shape[2] / 2, 2), at.Sine, 1);

    private Angles Covering(int largest)
    {
        if (_angles is { } ready && ready.Positions > largest)
        {
            return ready;
        }

        lock (_growing)
        {
            if (_angles is not { } angles || angles.Positions <= largest)
            {
                // Forwards on other threads may still read the smaller table, so it is left to the garbage collector.
                _angles = Build(Math.Max(512, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)largest + 1)));
            }

            return _angles!;
        }
    }

    private Angles Build(int positions)
    {
        float[] cosine = new float[positions * headDim];
        float[] sine = new float[positions * headDim];
        int half = headDim / 2;
        for (int i = 0; i < half; i++)
        {
            double frequency = Math.Pow(theta, -2.0 * i / headDim);
            for (int position = 0; position < positions; position++)
            {
                (double sin, double cos) = Math.SinCos(position * frequency);
                int at = (position * headDim) + i;
                (cosine[at], cosine[at + half]) = ((float)cos, (float)cos);
                (sine[at], sine[at + half]) = (-(float)sin, (float)sin);
            }
        }

        return new Angles(Table(cosine, positions), Table(sine, positions), positions);
    }

    private Tensor Table(float[] values, int positions)
    {
        using DisposeScope scope = NewDisposeScope();
        return tensor(values).reshape(positions, 1, headDim).to(device).DetachFromDisposeScope();
    }
}
