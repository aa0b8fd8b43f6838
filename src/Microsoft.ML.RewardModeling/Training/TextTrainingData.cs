using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.ML.RewardModeling.Batching;
using Microsoft.ML.RewardModeling.Models;

namespace Microsoft.ML.RewardModeling.Training;

/// <summary>Blocks of text, of which every token but the first is predicted.</summary>
internal sealed class TextTrainingData(IReadOnlyList<int[]> blocks, IReadOnlyList<int[]> validation) : ITrainingData
{
    public IReadOnlyList<int> Lengths { get; } = [.. blocks.Select(block => block.Length)];

    public string Hash { get; } = HashOf(blocks);

    public int ValidationCount => validation.Count;

    public PreferenceBatch Batch(IReadOnlyList<int> indices) => PreferenceBatch.OfTexts(blocks, indices);

    public RewardValidation Measure(RewardModel model, CancellationToken cancellationToken)
    {
        double loss = LanguageMeasure.MeanLoss(model, [.. validation.Select(block => (block, block.Length - 1))], cancellationToken);
        return new RewardValidation(null, loss) { Perplexity = Math.Exp(loss) };
    }

    public double? Perplexity(RewardModel model, CancellationToken cancellationToken)
        => validation.Count > 0 ? Measure(model, cancellationToken).Perplexity : null;

    private static string HashOf(IReadOnlyList<int[]> blocks)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (int[] block in blocks)
        {
            hash.AppendData(MemoryMarshal.AsBytes<int>([block.Length]));
            hash.AppendData(MemoryMarshal.AsBytes<int>(block));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
