using Microsoft.ML.RewardModeling.Export;

namespace Microsoft.ML.RewardModeling;

/// <summary>How a reward model is written as ONNX and how closely it must agree with the trained one.</summary>
public sealed record OnnxExportOptions
{
    /// <summary>
    /// Type the weights of embedding and projections are stored in: <c>fp32</c> (default), <c>fp16</c>, <c>bf16</c>, <c>int8</c> or
    /// <c>int4</c>. int8 multiplies in integers, which is faster, where <see cref="CalibrationPairs"/> are given; without them it has a
    /// scale for every 64 inputs of an output and computes in fp32, as the others do. int4 has a scale for every 32, and an embedding of
    /// 8 bits.
    /// </summary>
    public string Precision { get; init; } = "fp32";

    /// <summary>
    /// Largest absolute difference of a reward between the trained model and the exported one; an export past it fails.
    /// Default null: 1e-4 for fp32, 0.02 for fp16, 0.1 for bf16; for int8 and int4 a quarter of the trained rewards'
    /// standard deviation, at least 0.1. Above 0.
    /// </summary>
    public double? ParityTolerance { get; init; }

    /// <summary>
    /// Least rank correlation (Spearman) of the exported with the trained rewards in a precision below fp32; an export
    /// below it fails. Default 0.99. At most 1.
    /// </summary>
    public double MinRankCorrelation { get; init; } = 0.99;

    /// <summary>
    /// Texts the two models are compared on, each scored as the answer to a short built-in prompt. Default null: built-in
    /// texts from a few tokens up to the model's maximum length (2,048 tokens at most). Not empty.
    /// </summary>
    public IReadOnlyList<string>? ParityTexts { get; init; }

    /// <summary>
    /// Pairs the two models are compared on instead of texts; the manifest then also tells how the share of pairs whose
    /// chosen answer wins changes. Default null. Not empty, and not together with <see cref="ParityTexts"/>.
    /// </summary>
    public IReadOnlyList<PreferencePair>? ParityPairs { get; init; }

    /// <summary>
    /// Pairs that <c>int8</c> and <c>int4</c> choose their roundings on; up to 64 of them are used, evenly taken, and it does not matter
    /// which answer is better. They should look like what will be scored, and not be those of <see cref="ParityPairs"/>. Default null: no
    /// roundings are chosen, and int8 only stores. Not empty.
    /// </summary>
    public IReadOnlyList<PreferencePair>? CalibrationPairs { get; init; }

    /// <summary>
    /// Root mean square error on the calibration pairs, as a share of the rewards' standard deviation, above which the projections that bring
    /// the most error for the time they save are kept in 8 bits that are computed in fp32, up to half of the work. A larger goal is faster, a
    /// smaller one more exact. Default null: 0.01 for int8, 0.1 for int4. Above 0.
    /// </summary>
    public double? CalibrationGoal { get; init; }

    /// <summary>
    /// Whether a second graph, <c>model.prefix.onnx</c>, is written that continues from the keys and values of a prompt, so
    /// that many answers to one prompt cost little more than the answers. Its weights are those of <c>model.onnx</c>, in
    /// the one file <c>model.onnx.data</c>. Default true. Without effect for longrope models beyond their short length,
    /// whose prompts depend on what follows.
    /// </summary>
    public bool PromptSharing { get; init; } = true;

    /// <summary>
    /// Whether <c>model.optimized.onnx</c> and, with <see cref="PromptSharing"/>, <c>model.prefix.optimized.onnx</c> are written, too: the same
    /// model with operators that only ONNX Runtime has. Their weights are those of <c>model.onnx</c>, in the one file <c>model.onnx.data</c>; a
    /// scorer runs whichever is faster. Default false.
    /// </summary>
    public bool Optimize { get; init; }

    /// <summary>
    /// In how many blocks causal attention is computed where a run reads at least 128 tokens and no fewer than stand before them: a block of
    /// queries is compared with what was before it, not with what follows, so n blocks need (n + 1) / 2n of the products and less memory.
    /// 1 is one operator for all, which runtimes with a fused causal kernel may prefer. Default null: one for every 128 tokens of the
    /// maximum length, from 1 to 8. From 1 to 64. Windowed and soft-capped layers have one.
    /// </summary>
    public int? AttentionBlocks { get; init; }

    /// <summary>
    /// Model directories whose reward heads join this one's: <c>reward</c> is then the mean of all, and a second output <c>reward_std</c>
    /// their standard deviation. Their backbones must be the same to the bit. Default null. Not empty.
    /// </summary>
    public IReadOnlyList<string>? Ensemble { get; init; }

    /// <summary>
    /// The most tokens the exported model reads. Default null: the maximum of the saved model directory. At least 2, at
    /// most that maximum.
    /// </summary>
    public int? MaxLength { get; init; }

    /// <summary>Weights above this many bytes go to <c>model.onnx.data</c>: one protobuf message holds less than 2 GB.</summary>
    internal long ExternalDataThreshold { get; init; } = 1_500_000_000;

    /// <summary>The tolerance that holds for these rewards of the trained model.</summary>
    internal double Tolerance(IReadOnlyList<float> expected)
        => ParityTolerance ?? Precision switch { "fp32" => 1e-4, "fp16" => 0.02, "bf16" => 0.1, _ => Math.Max(0.1, 0.25 * RewardError.Deviation(expected)) };

    /// <summary>In how many pieces causal attention is computed where texts have up to these tokens.</summary>
    internal int AttentionBlocksFor(int maxLength) => AttentionBlocks ?? Math.Clamp(maxLength / 128, 1, 8);

    internal void Validate()
    {
        List<string> errors = [];
        if (Precision is not ("fp32" or "fp16" or "bf16" or "int8" or "int4"))
        {
            errors.Add($"Precision is '{Precision}'; expected fp32, fp16, bf16, int8 or int4");
        }

        if (ParityTolerance is { } tolerance && (!(tolerance > 0) || double.IsInfinity(tolerance)))
        {
            errors.Add($"ParityTolerance is {tolerance}; expected a number above 0, or null for the precision's own");
        }

        if (!(MinRankCorrelation <= 1))
        {
            errors.Add($"MinRankCorrelation is {MinRankCorrelation}; expected at most 1");
        }

        if (ParityTexts is { Count: 0 } || ParityTexts?.Any(t => t is null) == true)
        {
            errors.Add("ParityTexts is empty or holds null; expected at least one text, or null for the built-in ones");
        }

        if (ParityPairs is { Count: 0 } || ParityPairs?.Any(pair => pair is null) == true)
        {
            errors.Add("ParityPairs is empty or holds null; expected at least one pair, or null");
        }

        if (ParityPairs is not null && ParityTexts is not null)
        {
            errors.Add("ParityPairs and ParityTexts are both given; expected one of them");
        }

        if (CalibrationPairs is { Count: 0 } || CalibrationPairs?.Any(pair => pair is null) == true)
        {
            errors.Add("CalibrationPairs is empty or holds null; expected at least one pair, or null");
        }

        if (CalibrationPairs is not null && Precision is not ("int8" or "int4"))
        {
            errors.Add($"CalibrationPairs are given for Precision '{Precision}'; expected int8 or int4, or null");
        }

        if (CalibrationGoal is { } goal && !(goal > 0))
        {
            errors.Add($"CalibrationGoal is {goal}; expected a number above 0, or null for the precision's own");
        }

        if (AttentionBlocks is < 1 or > 64)
        {
            errors.Add($"AttentionBlocks is {AttentionBlocks}; expected a number from 1 to 64, or null for one per 128 tokens of the maximum length");
        }

        if (Ensemble is { Count: 0 } || Ensemble?.Any(string.IsNullOrEmpty) == true)
        {
            errors.Add("Ensemble is empty or holds an empty path; expected at least one model directory, or null");
        }

        if (errors.Count > 0)
        {
            throw new ArgumentException(string.Join("; ", errors) + ".", "options");
        }
    }
}
