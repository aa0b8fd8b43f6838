using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Losses;

/// <summary>The terms of the language-model head.</summary>
/// <param name="Weighted">Scalar that carries the gradient: weight x SFT + weight x KL.</param>
/// <param name="Sft">Scalar without gradient: -sum_i w_i log p(label_i).</param>
/// <param name="Kl">Scalar without gradient: the divergence from the teacher, 0 where there is none.</param>
internal sealed record LanguageLoss(Tensor Weighted, Tensor Sft, Tensor Kl);
