using Microsoft.ML.RewardModeling.Models.Plans;

namespace Microsoft.ML.RewardModeling.Models.Families;

/// <summary>The families this library knows.</summary>
internal static class SupportedFamilies
{
    public static IReadOnlyList<Family> All { get; } =
    [
        LlamaFamily.Family, MistralFamily.Family, Qwen2Family.Family, Qwen3Family.Family, SmolLM3Family.Family, Gemma2Family.Family, Gemma3Family.Family,
        Phi3Family.Family,
    ];

    /// <summary>The family of an architecture, if <c>model_type</c> does not contradict it.</summary>
    public static Family? Find(string architecture, string? modelType)
        => All.FirstOrDefault(family => (family.Architectures.Contains(architecture) || RewardArchitectures.Belongs(architecture, family, modelType))
            && (modelType is null || modelType == family.ModelType));

    /// <summary>The plan of a configuration that was read or made in code.</summary>
    /// <exception cref="RewardModelingException">The configuration is of no supported family or cannot be expressed.</exception>
    public static DecoderPlan Plan(BackboneConfig config)
    {
        List<string> problems = [];
        Family? family = Find(config.Architecture, config.ModelType);
        DecoderPlan? plan = family?.Map(config, new ConfigKeys(config.Raw, problems));
        return plan is not null && problems.Count == 0 ? plan : throw new RewardModelingException(
            plan is null ? $"{config.Architecture} with model_type '{config.ModelType}' is not supported." : $"{config.Architecture}: {string.Join("; ", problems)}.");
    }
}
