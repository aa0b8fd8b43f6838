using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Models.Layers;

/// <summary>
/// y = x W^T + b, with W <c>[out, in]</c> and an optional b <c>[out]</c>. A W in a narrower type than x is widened for the
/// time of the product, and its pages are let go. The parameters belong to the caller.
/// </summary>
internal sealed class Linear(Tensor weight, Tensor? bias, MappedPages? pages = null)
{
    /// <summary>Elements of a matrix in another type that are widened at a time: 64 MB of float32.</summary>
    private const long WidenedAtOnce = 1 << 24;

    public Tensor Forward(Tensor x) => weight.dtype == x.dtype ? nn.functional.linear(x, weight, bias) : ForwardWidened(x);

    private Tensor ForwardWidened(Tensor x)
    {
        long outputs = weight.shape[0], step = Math.Max(1, WidenedAtOnce / weight.shape[1]);
        if (outputs <= step)
        {
            using Tensor all = weight.to(x.dtype);
            pages?.Release();
            return nn.functional.linear(x, all, bias);
        }

        // A language-model head would need several times its stored size at once.
        Tensor result = empty([.. x.shape[..^1], outputs], x.dtype, x.device);
        for (long start = 0; start < outputs; start += step)
        {
            long count = Math.Min(step, outputs - start);
            using Tensor rows = weight.narrow(0, start, count);
            using Tensor widened = rows.to(x.dtype);
            using Tensor? offset = bias?.narrow(0, start, count);
            using Tensor part = nn.functional.linear(x, widened, offset);
            using Tensor place = result.narrow(-1, start, count);
            place.copy_(part).Dispose();
        }

        pages?.Release();
        return result;
    }
}
