using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Tests.Losses;

/// <summary>
/// The losses of the language-model head as they are written down, with all logits at once and torch's own gradients: what the chunked ones must equal. They see the labelled positions only: row i predicts
/// label i. <c>L</c> labels, vocabulary <c>V</c>, <c>K</c> stored teacher tokens per position. Callers own all tensors.
/// </summary>
internal static class PlainGenerativeLosses
{
    /// <summary>
    /// Probability below which the mass outside the teacher's top K counts as nothing: in fp32, 1 - sum(p) is rounding
    /// noise there, and its logarithm would be noise too.
    /// </summary>
    public const double SmallestRemainder = 1e-6;

    /// <summary>-sum_i w_i log p(label_i): with <see cref="TokenWeights"/> the mean per response token, then over samples.</summary>
    /// <param name="logProbabilities"><c>[L, V]</c>: log softmax of the student's logits.</param>
    /// <param name="labels"><c>[L]</c> int64.</param>
    /// <param name="weights"><c>[L]</c>.</param>
    /// <remarks>RM-Distiller, arXiv 2601.14032, generation-aware regularisation on the teacher's own answer.</remarks>
    public static Tensor SupervisedFineTuning(Tensor logProbabilities, Tensor labels, Tensor weights)
        => -(logProbabilities.gather(1, labels.unsqueeze(1)).squeeze(1) * weights).sum();

    /// <summary>
    /// T^2 sum_i w_i KL(teacher_i || student_i) over the teacher's K most likely tokens and one bucket for all others.
    /// </summary>
    /// <param name="logProbabilities"><c>[L, V]</c>: log softmax of the student's logits / T.</param>
    /// <param name="teacherIds"><c>[L, K]</c> int64.</param>
    /// <param name="teacherLogProbabilities"><c>[L, K]</c>: of the full teacher distribution at the same T.</param>
    /// <param name="weights"><c>[L]</c>.</param>
    /// <param name="temperature">T, above 0.</param>
    /// <remarks>
    /// Hinton et al., "Distilling the knowledge in a neural network", arXiv 1503.02531 (T^2 keeps the size of the gradient).
    /// Merging tokens into a bucket can only lower a divergence, so this is a lower bound of the full one, exact for K = V.
    /// </remarks>
    public static Tensor TopKDivergence(
        Tensor logProbabilities, Tensor teacherIds, Tensor teacherLogProbabilities, Tensor weights, double temperature)
    {
        Tensor student = logProbabilities.gather(1, teacherIds);                          // [L, K]
        Tensor teacher = teacherLogProbabilities.exp();                                   // [L, K]
        Tensor listed = (teacher * (teacherLogProbabilities - student)).sum(1);           // [L]
        Tensor teacherRest = (1 - teacher.sum(1)).clamp(min: SmallestRemainder);          // [L]
        Tensor studentRest = (1 - student.exp().sum(1)).clamp(min: SmallestRemainder);    // [L]
        Tensor rest = teacherRest * (teacherRest.log() - studentRest.log());              // [L]
        return ((listed + rest) * weights).sum() * (temperature * temperature);
    }

    /// <summary>T^2 sum_s w_s KL of the two-way choice "this span or anything else", from log-probabilities of spans.</summary>
    public static Tensor SpanDivergence(Tensor student, Tensor teacher, Tensor weights, double temperature)
    {
        Tensor s = student / temperature, t = teacher / temperature;
        Tensor divergence = (t.exp() * (t - s)) + ((1 - t.exp()) * ((1 - t.exp()).log() - (1 - s.exp()).log()));
        return (divergence * weights).sum() * (temperature * temperature);
    }
}
