namespace RewardModeling.Tool.Files;

/// <summary>What a model folder is, told by the files in it.</summary>
internal enum ModelKind
{
    /// <summary>Hugging Face layout: a backbone or a trained reward model.</summary>
    HuggingFace,

    /// <summary>Written by <c>rewardmodel export</c>.</summary>
    Onnx,
}
