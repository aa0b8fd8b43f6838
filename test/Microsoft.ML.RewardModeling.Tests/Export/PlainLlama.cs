using Microsoft.ML.RewardModeling.Models.Weights;

namespace Microsoft.ML.RewardModeling.Tests.Export;

/// <summary>
/// The Llama forward pass with a reward head, written plainly in double precision from the published architecture. It
/// shares no arithmetic with the library, so agreement means something.
/// </summary>
internal sealed class PlainLlama(string directory) : IDisposable
{
    private const int Hidden = TinyModel.Hidden, Heads = TinyModel.Heads, KeyValueHeads = TinyModel.KeyValueHeads, HeadDim = TinyModel.HeadDim;
    private readonly WeightsDirectory _weights = WeightsDirectory.Open(directory);

    public void Dispose() => _weights.Dispose();

    public double Reward(int[] ids)
    {
        double[][] x = [.. ids.Select(id => Slice("model.embed_tokens.weight", id * Hidden, Hidden))];
        for (int i = 0; i < TinyModel.Layers; i++)
        {
            string layer = $"model.layers.{i}.";
            double[][] normed = [.. x.Select(v => Norm(layer + "input_layernorm", v))];
            double[][] q = [.. normed.Select((v, t) => Rope(Linear(layer + "self_attn.q_proj", v), t))];
            double[][] k = [.. normed.Select((v, t) => Rope(Linear(layer + "self_attn.k_proj", v), t))];
            double[][] v = [.. normed.Select(u => Linear(layer + "self_attn.v_proj", u))];
            x = [.. x.Select((u, t) => Add(u, Linear(layer + "self_attn.o_proj", Attend(q[t], k[..(t + 1)], v))))];
            x = [.. x.Select(u => Add(u, Mlp(layer, Norm(layer + "post_attention_layernorm", u))))];
        }

        return Linear("score", Norm("model.norm", x[^1]))[0];
    }

    private static double[] Attend(double[] q, double[][] k, double[][] v)
    {
        double[] result = new double[Heads * HeadDim];
        for (int head = 0; head < Heads; head++)
        {
            int shared = head / (Heads / KeyValueHeads) * HeadDim;
            double[] weight = [.. k.Select(row => Enumerable.Range(0, HeadDim).Sum(d => q[(head * HeadDim) + d] * row[shared + d]) / Math.Sqrt(HeadDim))];
            double max = weight.Max();
            double sum = weight.Sum(w => Math.Exp(w - max));
            for (int d = 0; d < HeadDim; d++)
            {
                result[(head * HeadDim) + d] = weight.Select((w, t) => Math.Exp(w - max) / sum * v[t][shared + d]).Sum();
            }
        }

        return result;
    }

    private double[] Mlp(string layer, double[] x)
    {
        double[] gate = Linear(layer + "mlp.gate_proj", x);
        double[] up = Linear(layer + "mlp.up_proj", x);
        return Linear(layer + "mlp.down_proj", [.. gate.Select((g, i) => g / (1 + Math.Exp(-g)) * up[i])]);
    }

    private static double[] Rope(double[] x, int position)
    {
        double[] result = new double[x.Length];
        for (int i = 0; i < x.Length; i++)
        {
            int d = i % HeadDim;
            double angle = position * Math.Pow(10000, -2.0 * (d % (HeadDim / 2)) / HeadDim);
            double partner = d < HeadDim / 2 ? -x[i + (HeadDim / 2)] : x[i - (HeadDim / 2)];
            result[i] = (x[i] * Math.Cos(angle)) + (partner * Math.Sin(angle));
        }

        return result;
    }

    private double[] Norm(string name, double[] x)
    {
        double[] weight = Slice(name + ".weight", 0, x.Length);
        double scale = 1 / Math.Sqrt((x.Sum(v => v * v) / x.Length) + 1e-5);
        return [.. x.Select((v, i) => v * scale * weight[i])];
    }

    private double[] Linear(string name, double[] x)
    {
        int outputs = (int)_weights.Tensors[name + ".weight"].Shape[0];
        double[] weight = Slice(name + ".weight", 0, outputs * x.Length);
        double[] bias = _weights.TryGet(name + ".bias", out _) ? Slice(name + ".bias", 0, outputs) : new double[outputs];
        return [.. Enumerable.Range(0, outputs).Select(o => bias[o] + x.Select((v, i) => v * weight[(o * x.Length) + i]).Sum())];
    }

    private static double[] Add(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x + y)];

    private double[] Slice(string name, int start, int count)
    {
        float[] values = new float[count];
        _weights.Tensors[name].ReadSingles(start, values);
        return [.. values.Select(v => (double)v)];
    }
}
