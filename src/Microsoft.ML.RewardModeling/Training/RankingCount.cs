using Microsoft.ML.RewardModeling.Batching;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Training;

/// <summary>How many orderings of a batch the rewards got right.</summary>
/// <param name="Right">Orderings with the better answer higher; a tie is wrong. In a list every two answers of different scores are one.</param>
/// <param name="All">Orderings.</param>
/// <param name="Margin">Sum of r_w - r_l over the pairs.</param>
internal readonly record struct RankingCount(int Right, int All, double Margin)
{
    /// <summary>Counts.</summary>
    public static RankingCount Of(Tensor rewards, PreferenceBatch batch)
    {
        float[] values = rewards.detach().cpu().data<float>().ToArray();
        int right = 0, all = 0;
        foreach (RankedList list in batch.Lists)
        {
            for (int i = 0; i < list.Sequences.Length; i++)
            {
                for (int j = 0; j < list.Sequences.Length; j++)
                {
                    if (list.Scores[i] > list.Scores[j])
                    {
                        all++;
                        right += values[list.Sequences[i]] > values[list.Sequences[j]] ? 1 : 0;
                    }
                }
            }
        }

        return new RankingCount(right, all, batch.Chosen.Zip(batch.Rejected, (chosen, rejected) => (double)values[chosen] - values[rejected]).Sum());
    }
}
