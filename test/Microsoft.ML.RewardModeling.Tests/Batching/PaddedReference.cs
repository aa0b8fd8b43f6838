using Microsoft.ML.RewardModeling.Batching;
using Microsoft.ML.RewardModeling.Models;
using Microsoft.ML.RewardModeling.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Tests.Batching;

/// <summary>
/// The plain way, written independently: three padded rows a pair, eager masked attention, logits at every position,
/// losses by loops over tokens. Slow and simple; the ragged path must give the same.
/// </summary>
internal static class PaddedReference
{
    public static Tensor Loss(RewardModel model, IReadOnlyList<TokenizedPair> pairs, TrainingOptions options)
    {
        int width = pairs.Max(pair => new[] { pair.Chosen, pair.Rejected, pair.Teacher! }.Max(sequence => sequence.Ids.Length)) + 3;
        Tensor[] rank = new Tensor[pairs.Count], sft = new Tensor[pairs.Count];
        for (int i = 0; i < pairs.Count; i++)
        {
            TokenizedPair pair = pairs[i];
            Tensor hidden = Hidden(model, [pair.Chosen.Ids, pair.Rejected.Ids, pair.Teacher!.Ids], width);
            Tensor Reward(int row, int length) => hidden[row, length - 1].dot(model.Parameters["score.weight"][0]);
            rank[i] = (Reward(0, pair.Chosen.Ids.Length) - Reward(1, pair.Rejected.Ids.Length) - (pair.Margin * options.MarginScale)).pow(2);
            Tensor probabilities = hidden[2].matmul(model.Parameters["model.embed_tokens.weight"].t()).softmax(-1);
            int[] ids = pair.Teacher.Ids;
            sft[i] = stack([.. Enumerable.Range(pair.Teacher.PromptLength, ids.Length - pair.Teacher.PromptLength)
                .Select(at => -probabilities[at - 1, ids[at]].log())]).mean();
        }

        return stack(rank).mean() + (options.SftWeight * stack(sft).mean());
    }

    private static Tensor Hidden(RewardModel model, int[][] rows, int width)
    {
        BackboneConfig c = model.Config;
        ParameterStore p = model.Parameters;
        Tensor ids = tensor(rows.SelectMany(row => row.Concat(new int[width - row.Length])).Select(id => (long)id).ToArray()).reshape(rows.Length, width);
        Tensor real = tensor(rows.SelectMany(row => Enumerable.Range(0, width).Select(i => i < row.Length)).ToArray()).reshape(rows.Length, 1, 1, width);
        Tensor mask = real.logical_and(ones(width, width, ScalarType.Bool).tril());
        Tensor inverse = 1 / pow(c.RopeTheta, arange(0, c.HeadDim, 2, ScalarType.Float64) / c.HeadDim);
        Tensor angles = outer(arange(width, ScalarType.Float64), inverse);
        Tensor cos = cat([angles, angles], 1).cos().to(ScalarType.Float32), sin = cat([angles, angles], 1).sin().to(ScalarType.Float32);
        Tensor Norm(Tensor x, string name) => p[name] * x / (x.pow(2).mean([-1L], true) + c.RmsNormEpsilon).sqrt();
        Tensor Heads(Tensor x, string name, int heads) => x.matmul(p[name + ".weight"].t()).reshape(rows.Length, width, heads, c.HeadDim).transpose(1, 2);
        Tensor Turn(Tensor x)
        {
            Tensor[] halves = x.chunk(2, -1);
            return (x * cos) + (cat([-halves[1], halves[0]], -1) * sin);
        }

        Tensor x = p["model.embed_tokens.weight"][ids];
        for (int i = 0; i < c.Layers; i++)
        {
            string layer = $"model.layers.{i}";
            Tensor h = Norm(x, $"{layer}.input_layernorm.weight");
            Tensor q = Turn(Heads(h, $"{layer}.self_attn.q_proj", c.Heads));
            Tensor k = Turn(Heads(h, $"{layer}.self_attn.k_proj", c.KeyValueHeads)).repeat_interleave(c.Heads / c.KeyValueHeads, 1);
            Tensor v = Heads(h, $"{layer}.self_attn.v_proj", c.KeyValueHeads).repeat_interleave(c.Heads / c.KeyValueHeads, 1);
            Tensor scores = q.matmul(k.transpose(2, 3)) / Math.Sqrt(c.HeadDim);
            Tensor mixed = scores.masked_fill(mask.logical_not(), -1e9).softmax(-1).matmul(v).transpose(1, 2).reshape(rows.Length, width, -1);
            x += mixed.matmul(p[$"{layer}.self_attn.o_proj.weight"].t());
            h = Norm(x, $"{layer}.post_attention_layernorm.weight");
            Tensor gate = h.matmul(p[$"{layer}.mlp.gate_proj.weight"].t());
            x += (gate * gate.sigmoid() * h.matmul(p[$"{layer}.mlp.up_proj.weight"].t())).matmul(p[$"{layer}.mlp.down_proj.weight"].t());
        }

        return Norm(x, "model.norm.weight");
    }
}
