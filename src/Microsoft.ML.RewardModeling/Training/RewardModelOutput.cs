using Microsoft.ML.RewardModeling.Batching;
using Microsoft.ML.RewardModeling.Models;
using Microsoft.ML.RewardModeling.Models.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Training;

/// <summary>What a model says about a batch of S distinct sequences with L labels.</summary>
/// <param name="Rewards"><c>[S]</c> rewards; null for a batch without pairs.</param>
/// <param name="LabelStates"><c>[L, H]</c> states at the labelled rows, for the language-model head; null without labels.</param>
internal sealed record RewardModelOutput(Tensor? Rewards, Tensor? LabelStates)
{
    /// <summary>Runs the decoder once over all distinct sequences and picks the rows that are read.</summary>
    /// <param name="model">The model.</param>
    /// <param name="batch">The pairs.</param>
    /// <param name="dropout">Draws what training drops in an MLP head; null to drop nothing.</param>
    public static RewardModelOutput Compute(RewardModel model, PreferenceBatch batch, Generator? dropout = null)
    {
        Tensor Rows(long[] rows) => tensor(rows, device: model.Device);
        long? saving = model.Network.SmallestSaving(batch.Sequences.Max(sequence => sequence.Length));
        RaggedRows ragged = RaggedRows.Shared(batch.Sequences, model.Device, saving);
        Tensor hidden = model.Network.Hidden(ragged);                                                               // (N, H)
        return new RewardModelOutput(
            batch.Chosen.Length == 0 ? null : model.Network.Rewards(hidden.index_select(0, Rows(ragged.LastRows())), dropout),
            batch.LabelRows.Length == 0 ? null : hidden.index_select(0, Rows(ragged.Find(batch.LabelRows))));
    }

    /// <summary><c>[B]</c> rewards of some sequences.</summary>
    public Tensor At(IEnumerable<int> sequences) => Rewards!.index_select(0, tensor(sequences.Select(i => (long)i).ToArray(), device: Rewards.device));
}
