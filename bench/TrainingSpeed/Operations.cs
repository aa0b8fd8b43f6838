using Microsoft.ML.RewardModeling.Batching;

namespace Microsoft.ML.RewardModeling.TrainingSpeed;

/// <summary>Floating-point operations that a step needs, counted by hand: forward once, backward twice, nothing for padding or recomputation, shared prefixes once.</summary>
internal static class Operations
{
    public static double Count(Job.Shape shape, PreferenceBatch batch, PrefixTree tree)
    {
        double width = shape.Heads * shape.HeadDim;
        double layer = (2.0 * shape.Hidden * width) + (2.0 * shape.Hidden * shape.Groups * shape.HeadDim) + (3.0 * shape.Hidden * shape.Mlp);
        double linear = 2 * layer * shape.Layers * tree.Rows;

        // Causal attention: every token meets itself and all before it, in two products.
        double attention = tree.Segments.Sum(segment => 4 * width * shape.Layers * segment.Ids.Count * (segment.Start + ((segment.Ids.Count + 1) / 2.0)));
        double head = 2.0 * shape.Hidden * shape.Vocabulary * batch.LabelRows.Length;
        return 3 * (linear + attention + head);
    }
}
