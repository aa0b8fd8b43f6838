using Microsoft.ML.RewardModeling.Models.Plans;

namespace Microsoft.ML.RewardModeling.Export;

/// <summary>What the exported graph cannot express yet.</summary>
internal static class ExportLimits
{
    /// <summary>Throws for a plan that <see cref="DecoderOnnxGraph"/> would compute differently.</summary>
    /// <exception cref="RewardModelingException">All features that are in the way are named.</exception>
    public static void Check(DecoderPlan plan, int maxLength)
    {
        List<string> features = [];
        void Refuse(bool present, string feature)
        {
            if (present)
            {
                features.Add(feature);
            }
        }

        Refuse(plan.Layers.Any(layer => layer.Window < maxLength), $"a sliding window of {plan.Layers.Min(layer => layer.Window)} below the maximum length {maxLength}");
        Refuse(plan.Layers.Any(layer => layer.Rope?.LengthClass(maxLength) > 0), $"a rotary embedding that depends on the length, up to {maxLength} tokens");
        Refuse(plan.Layers.Any(layer => layer.Rope is { } rope && rope.Dim != plan.HeadDim), "a partial rotary embedding");
        Refuse(plan.AttentionSoftcap is not null, "soft-capped attention scores");
        Refuse(plan.PostNorms, "norms after attention and MLP");
        Refuse(plan.NormOffset != 0, "norms with 1 + weight");
        Refuse(plan.EmbeddingScale != 1, "scaled embeddings");
        Refuse(plan.Activation != Activation.Silu, $"the activation {plan.Activation}");
        Refuse(plan.Fused, "fused projections");
        if (features.Count > 0)
        {
            throw new RewardModelingException(
                $"{plan.ClassifierArchitecture}: the ONNX export does not support {string.Join(", ", features)} yet. "
                + "Use the model directory (rewardmodel score, LoadRewardModel), or export with a smaller MaxLength where only the length is in the way.");
        }
    }
}
