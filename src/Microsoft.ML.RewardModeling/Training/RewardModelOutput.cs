using Microsoft.ML.RewardModeling.Batching;
using Microsoft.ML.RewardModeling.Models;
using Microsoft.ML.RewardModeling.Models.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Training;

/// <summary>What a model says about a batch of B pairs with L labels.</summary>
/// <param name="Chosen"><c>[B]</c> rewards.</param>
/// <param name="Rejected"><c>[B]</c> rewards.</param>
/// <param name="Logits"><c>[L, V]</c> token logits at the labelled rows only; null without labels.</param>
internal sealed record RewardModelOutput(Tensor Chosen, Tensor Rejected, Tensor? Logits)
{
    /// <summary>Runs the decoder once over all distinct sequences and the heads at the rows that are read.</summary>
    /// <param name="model">The model.</param>
    /// <param name="batch">The pairs.</param>
    /// <param name="dropout">Draws what training drops in an MLP head; null to drop nothing.</param>
    public static RewardModelOutput Compute(RewardModel model, PreferenceBatch batch, Generator? dropout = null)
    {
        Tensor Rows(long[] rows) => tensor(rows, device: model.Device);
        RaggedRows ragged = RaggedRows.Create(batch.Sequences, model.Device);
        Tensor hidden = model.Network.Hidden(ragged);                                               // (N, H)
        long[] last = ragged.LastRows();
        Tensor rewards = model.Network.Rewards(hidden.index_select(0, Rows(last)), dropout);               // (S)
        return new RewardModelOutput(
            rewards.index_select(0, Rows([.. batch.Chosen.Select(i => (long)i)])),
            rewards.index_select(0, Rows([.. batch.Rejected.Select(i => (long)i)])),
            batch.LabelRows.Length == 0 ? null : model.Network.Logits(hidden.index_select(0, Rows(batch.LabelRows))));
    }
}
