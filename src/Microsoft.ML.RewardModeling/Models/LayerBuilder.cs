using Microsoft.ML.RewardModeling.Models.Layers;
using Microsoft.ML.RewardModeling.Models.Plans;

namespace Microsoft.ML.RewardModeling.Models;

/// <summary>Puts the tensors of a store into the layers of a plan.</summary>
internal sealed class LayerBuilder(DecoderPlan plan, ParameterStore parameters)
{
    public DecoderLayer Build(int index)
    {
        LayerNames names = LayerNames.Of(plan, index);
        long queries = (long)plan.Heads * plan.HeadDim, keys = (long)plan.KeyValueHeads * plan.HeadDim;
        AttentionShape shape = new(plan.Heads, plan.KeyValueHeads, plan.HeadDim, plan.QueryScale, plan.AttentionSoftcap, plan.Layers[index].Window);
        return new DecoderLayer(
            Norm(names.AttentionNorm),
            new GroupedQueryAttention(
                Joint(names.QueryKeyValue, queries, keys, keys), Projection(names.Output), Optional(names.QueryNorm), Optional(names.KeyNorm), shape),
            Optional(names.AfterAttentionNorm),
            Norm(names.MlpNorm),
            new GatedMlp(Joint(names.GateUp, plan.Inner, plan.Inner), Projection(names.Down), plan.Activation),
            Optional(names.AfterMlpNorm));
    }

    public Linear Projection(string name) => new(parameters[$"{name}.weight"], parameters.Find($"{name}.bias"), parameters.PagesOf($"{name}.weight"));

    public RmsNorm Norm(string name) => new(parameters[$"{name}.weight"], plan.NormEpsilon, plan.NormOffset);

    private RmsNorm? Optional(string? name) => name is null ? null : Norm(name);

    private JointLinear Joint(IReadOnlyList<string> names, params long[] sizes) => new([.. names.Select(Projection)], sizes);
}
