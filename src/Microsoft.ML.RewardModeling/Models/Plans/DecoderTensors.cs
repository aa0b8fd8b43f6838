using Microsoft.ML.RewardModeling.Models.Heads;

namespace Microsoft.ML.RewardModeling.Models.Plans;

/// <summary>Names and shapes of a decoder's tensors, as transformers names them.</summary>
internal static class DecoderTensors
{
    public const string Embedding = "model.embed_tokens";
    public const string FinalNorm = "model.norm";
    public const string LanguageHead = "lm_head";
    public const string EmbeddingName = Embedding + ".weight";
    public const string LanguageHeadName = LanguageHead + ".weight";

    /// <summary>Every tensor with its shape, in the order of the forward pass.</summary>
    /// <param name="plan">The network.</param>
    /// <param name="languageHead">Whether a language-model head of its own belongs to it; never with tied embeddings.</param>
    /// <param name="head">The reward head.</param>
    public static OrderedDictionary<string, long[]> Shapes(DecoderPlan plan, bool languageHead, HeadPlan head)
    {
        OrderedDictionary<string, long[]> shapes = new(StringComparer.Ordinal) { [EmbeddingName] = [plan.Vocabulary, plan.Hidden] };
        for (int i = 0; i < plan.Layers.Count; i++)
        {
            AddLayer(shapes, plan, LayerNames.Of(plan, i));
        }

        shapes.Add($"{FinalNorm}.weight", [plan.Hidden]);
        if (languageHead && !plan.TiedHead)
        {
            shapes.Add(LanguageHeadName, [plan.Vocabulary, plan.Hidden]);
        }

        foreach ((string name, long[] shape) in head.Shapes(plan.Hidden))
        {
            shapes.Add(name, shape);
        }

        return shapes;
    }

    private static void AddLayer(OrderedDictionary<string, long[]> shapes, DecoderPlan plan, LayerNames names)
    {
        long hidden = plan.Hidden, inner = plan.Inner, queries = (long)plan.Heads * plan.HeadDim, keys = (long)plan.KeyValueHeads * plan.HeadDim;
        void Norm(string? name, long size)
        {
            if (name is not null)
            {
                shapes.Add($"{name}.weight", [size]);
            }
        }

        void Projections(IReadOnlyList<string> parts, long[] rows, long columns, bool bias)
        {
            for (int i = 0; i < parts.Count; i++)
            {
                long size = parts.Count == 1 ? rows.Sum() : rows[i];
                shapes.Add($"{parts[i]}.weight", [size, columns]);
                if (bias)
                {
                    shapes.Add($"{parts[i]}.bias", [size]);
                }
            }
        }

        Norm(names.AttentionNorm, hidden);
        Projections(names.QueryKeyValue, [queries, keys, keys], hidden, plan.InputBias);
        Norm(names.QueryNorm, plan.HeadDim);
        Norm(names.KeyNorm, plan.HeadDim);
        Projections([names.Output], [hidden], queries, plan.OutputBias);
        Norm(names.AfterAttentionNorm, hidden);
        Norm(names.MlpNorm, hidden);
        Projections(names.GateUp, [inner, inner], hidden, plan.MlpBias);
        Projections([names.Down], [hidden], inner, plan.MlpBias);
        Norm(names.AfterMlpNorm, hidden);
    }
}
