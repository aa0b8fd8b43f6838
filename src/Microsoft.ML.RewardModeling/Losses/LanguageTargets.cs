using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Losses;

/// <summary>What the language-model head is held to at <c>L</c> labelled rows: row i predicts label i.</summary>
/// <param name="Labels"><c>[L]</c> int64.</param>
/// <param name="Weights"><c>[L]</c> floating point: how much each row counts.</param>
internal sealed record LanguageTargets(Tensor Labels, Tensor Weights)
{
    /// <summary><c>[L, K]</c> int64: the teacher's most likely tokens; null without a divergence over tokens.</summary>
    public Tensor? TeacherIds { get; init; }

    /// <summary>
    /// <c>[L, K]</c>: their log-probabilities in the teacher's full distribution at <see cref="Temperature"/>. Negative infinity
    /// marks an empty place, for a teacher that told fewer than K.
    /// </summary>
    public Tensor? TeacherLogProbabilities { get; init; }

    /// <summary>Spans of a teacher with another tokenizer; null without a divergence over spans.</summary>
    public SpanTargets? Spans { get; init; }

    /// <summary>T of the divergence, above 0.</summary>
    public double Temperature { get; init; } = 1;
}
