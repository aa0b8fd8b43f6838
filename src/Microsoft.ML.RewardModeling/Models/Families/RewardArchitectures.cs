namespace Microsoft.ML.RewardModeling.Models.Families;

/// <summary>
/// Names that reward models of other software have in <c>architectures</c>. Their tensors are checked completely when they
/// are loaded, so a name is accepted wherever the layout may fit.
/// </summary>
internal static class RewardArchitectures
{
    private static readonly string[] Suffixes = ["ForRewardModel", "ForRewardModeling", "RewardModel", "WithValueHead"];

    /// <summary>Whether an architecture has a reward or value head by its name, apart from <c>*ForSequenceClassification</c>.</summary>
    public static bool IsReward(string architecture) => Suffixes.Any(suffix => architecture.EndsWith(suffix, StringComparison.Ordinal)) && Refusal(architecture) is null;

    /// <summary>
    /// Whether a reward architecture is one of the family: by its own name (<c>Qwen2ForRewardModel</c>), or by
    /// <c>model_type</c> where the name is the same for all families (<c>RewardModel</c> of OpenRLHF,
    /// <c>AutoModelForCausalLMWithValueHead</c> of TRL).
    /// </summary>
    public static bool Belongs(string architecture, Family family, string? modelType)
    {
        if (!IsReward(architecture))
        {
            return false;
        }

        return architecture is "RewardModel" || architecture.StartsWith("AutoModel", StringComparison.Ordinal)
            ? modelType == family.ModelType
            : family.Architectures.Any(known => architecture.StartsWith(known[..known.IndexOf("For", StringComparison.Ordinal)] + "For", StringComparison.Ordinal));
    }

    /// <summary>Why a known reward architecture is not loaded; null for all others.</summary>
    public static string? Refusal(string architecture) => architecture switch
    {
        _ when architecture.Contains("WithGating", StringComparison.Ordinal)
            => "the reward is mixed from several objectives by a gating network, which is not supported; expected one linear or MLP reward head",
        _ when architecture.Contains("ProcessRewardModel", StringComparison.Ordinal)
            => "a process reward model rates every step of an answer, which is not supported; expected a model with one reward per answer",
        _ when architecture.EndsWith("ForTokenClassification", StringComparison.Ordinal)
            => "a token classifier rates every token, which is not supported; expected a model with one reward per answer",
        _ when architecture.StartsWith("InternLM", StringComparison.Ordinal)
            => "the InternLM family is not supported; use a reward model of Llama, Mistral, Qwen2, Qwen3, SmolLM3, Gemma 2, Gemma 3 or Phi-3",
        _ => null,
    };
}
