namespace Microsoft.ML.RewardModeling;

/// <summary>How a reward model is written as ONNX and how closely it must agree with the trained one.</summary>
public sealed record OnnxExportOptions
{
    /// <summary>Number type of the weights. Default <c>fp32</c>, the only one supported now.</summary>
    public string Precision { get; init; } = "fp32";

    /// <summary>
    /// Largest absolute difference of a reward between the trained model and the exported one; an export past it fails.
    /// Default 1e-4. Above 0.
    /// </summary>
    public double ParityTolerance { get; init; } = 1e-4;

    /// <summary>
    /// Texts the two models are compared on, each scored as the answer to a short built-in prompt. Default null: built-in
    /// texts from a few tokens up to the model's maximum length (2,048 tokens at most). Not empty.
    /// </summary>
    public IReadOnlyList<string>? ParityTexts { get; init; }

    /// <summary>
    /// The most tokens the exported model reads. Default null: the maximum of the saved model directory. At least 2, at
    /// most that maximum.
    /// </summary>
    public int? MaxLength { get; init; }

    /// <summary>Weights above this many bytes go to <c>model.onnx.data</c>: one protobuf message holds less than 2 GB.</summary>
    internal long ExternalDataThreshold { get; init; } = 1_500_000_000;

    internal void Validate()
    {
        List<string> errors = [];
        if (Precision != "fp32")
        {
            errors.Add(Precision is "fp16" or "int8" or "int4"
                ? $"Precision '{Precision}' is not yet supported; use fp32"
                : $"Precision is '{Precision}'; expected fp32");
        }

        if (!(ParityTolerance > 0) || double.IsInfinity(ParityTolerance))
        {
            errors.Add($"ParityTolerance is {ParityTolerance}; expected a number above 0");
        }

        if (ParityTexts is { Count: 0 } || ParityTexts?.Any(t => t is null) == true)
        {
            errors.Add("ParityTexts is empty or holds null; expected at least one text, or null for the built-in ones");
        }

        if (errors.Count > 0)
        {
            throw new ArgumentException(string.Join("; ", errors) + ".", "options");
        }
    }
}
