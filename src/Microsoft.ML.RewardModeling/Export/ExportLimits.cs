using Microsoft.ML.RewardModeling.Models.Plans;

namespace Microsoft.ML.RewardModeling.Export;

/// <summary>What the exported graph cannot express.</summary>
internal static class ExportLimits
{
    /// <summary>Throws for a plan that <see cref="DecoderOnnxGraph"/> would compute differently.</summary>
    /// <exception cref="RewardModelingException">The feature that is in the way is named.</exception>
    public static void Check(DecoderPlan plan, int maxLength)
    {
        RopePlan? dynamic = plan.Layers.Select(layer => layer.Rope).FirstOrDefault(rope => rope is { Kind: RopeKind.Dynamic } && rope.LengthClass(maxLength) > 0);
        if (dynamic is not null)
        {
            throw new RewardModelingException(
                $"{plan.ClassifierArchitecture}: the ONNX export does not support a dynamic rotary embedding beyond its {dynamic.OriginalPositions} positions; "
                + $"the maximum length is {maxLength}. Export with MaxLength {dynamic.OriginalPositions} or less, or score with the model directory.");
        }
    }
}
