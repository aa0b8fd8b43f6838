namespace Microsoft.ML.RewardModeling.Models;

/// <summary>The network between the state of a text's last token and its reward.</summary>
public enum RewardHeadKind
{
    /// <summary>One vector (<c>score.weight</c>), without a bias: what transformers and vLLM serve as a sequence classifier.</summary>
    Linear,

    /// <summary>
    /// Linear to 1024, ReLU, dropout 0.1 in training, linear to the reward (<c>score.0</c> and <c>score.2</c>, with biases):
    /// the head of RM-Distiller, arXiv 2601.14032. Saved as <c>*ForRewardModel</c>, which transformers does not know.
    /// </summary>
    Mlp,
}
