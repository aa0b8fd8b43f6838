namespace Microsoft.ML.RewardModeling.Batching;

/// <summary>The ids of a prompt and its response.</summary>
/// <param name="Ids">All ids; the reward is read at the last.</param>
/// <param name="PromptLength">Ids that belong to the prompt: from 1 to <c>Ids.Length</c> - 1 where the response is learnt token by token.</param>
internal sealed record TokenizedSequence(int[] Ids, int PromptLength)
{
    /// <summary>Response tokens that a language model can be asked to predict.</summary>
    public int Labels => Math.Max(0, Ids.Length - Math.Max(1, PromptLength));
}
