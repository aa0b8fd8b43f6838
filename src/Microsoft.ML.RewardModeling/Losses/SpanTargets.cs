using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Losses;

/// <summary>
/// What a teacher of another tokenizer thinks of the same text, span by span: the spans of a text are the shortest pieces
/// that begin and end at token boundaries of both tokenizers.
/// </summary>
/// <param name="Rows">Student rows of each of <c>S</c> spans, each at least 1; together all <c>L</c> labelled rows in order.</param>
/// <param name="LogProbabilities"><c>[S]</c>: the teacher's log-probability of the span's text after the text before it.</param>
/// <param name="Weights"><c>[S]</c>: how much each span counts; 0 for one the teacher knows nothing about.</param>
internal sealed record SpanTargets(IReadOnlyList<int> Rows, Tensor LogProbabilities, Tensor Weights);
