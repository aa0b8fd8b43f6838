using Microsoft.ML.RewardModeling.Models.Plans;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Models.Layers;

/// <summary>
/// Rotary position embedding in the half-split layout of Hugging Face: of the d elements that turn, element i turns with
/// element i + d/2 by position times frequency i (Su et al., arXiv 2104.09864).
/// </summary>
internal sealed class RotaryTable(RopePlan plan, Device device)
{
    private readonly AngleTable _usual = new(plan, 0, device);
    private readonly AngleTable _long = new(plan, plan.OriginalPositions + 1, device);

    /// <summary>cos and signed sin of the angles at the wanted rows, each <c>[N, 1, d]</c>.</summary>
    internal sealed record Angles(Tensor Cosine, Tensor Sine)
    {
        public Angles At(Tensor positions) => new(Cosine.index_select(0, positions), Sine.index_select(0, positions));
    }

    /// <summary>The angles of every row; frequencies may depend on the length of the row's own sequence.</summary>
    public Angles At(RaggedRows rows)
    {
        int[] classes = [.. rows.Spans.Select(plan.LengthClass)];
        if (Array.TrueForAll(classes, lengthClass => lengthClass == 0))
        {
            return _usual.Covering(rows.Spans.Max()).At(rows.Positions);
        }

        Tensor[] positions = rows.Positions.split(rows.Lengths, 0);
        Angles[] angles = [.. positions.Select((places, i) => Table(classes[i]).Covering(rows.Spans[i]).At(places))];
        return new Angles(cat([.. angles.Select(each => each.Cosine)], 0), cat([.. angles.Select(each => each.Sine)], 0));
    }

    /// <summary>Turns the first d elements of every head of x <c>[N, heads, D]</c>.</summary>
    /// <remarks>(x1, x2) becomes (x1 cos - x2 sin, x2 cos + x1 sin): rolling by d/2 swaps the halves, and the sine carries the sign.</remarks>
    public static Tensor Rotate(Tensor x, Angles at)
    {
        long turning = at.Cosine.shape[2];
        if (turning == x.shape[2])
        {
            return addcmul(x * at.Cosine, x.roll(turning / 2, 2), at.Sine, 1);
        }

        Tensor[] parts = x.split([turning, x.shape[2] - turning], 2);
        return cat([Rotate(parts[0], at), parts[1]], 2);
    }

    /// <summary>Long texts of a dynamic embedding each have frequencies of their own, which are not worth keeping.</summary>
    private AngleTable Table(int lengthClass)
        => lengthClass == 0 ? _usual : plan.Kind == RopeKind.LongRope ? _long : new AngleTable(plan, lengthClass, device);
}
