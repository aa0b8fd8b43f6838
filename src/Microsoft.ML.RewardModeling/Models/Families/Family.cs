using Microsoft.ML.RewardModeling.Models.Plans;

namespace Microsoft.ML.RewardModeling.Models.Families;

/// <summary>A family of backbones: how its <c>config.json</c> maps to a <see cref="DecoderPlan"/>.</summary>
/// <param name="ModelType"><c>model_type</c>.</param>
/// <param name="Architectures">The language model's class and the sequence classifier's, in this order.</param>
/// <param name="Defaults">Values of absent keys.</param>
/// <param name="Reads">Keys that this family understands and others must not have.</param>
/// <param name="Map">The map; it adds to the keys' problems what it cannot express.</param>
internal sealed record Family(
    string ModelType, IReadOnlyList<string> Architectures, FamilyDefaults Defaults, IReadOnlyList<string> Reads, Func<BackboneConfig, ConfigKeys, DecoderPlan> Map);
