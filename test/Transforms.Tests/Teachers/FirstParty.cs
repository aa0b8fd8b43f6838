using Microsoft.Extensions.AI;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Tests;

/// <summary>The repository's own data as a teacher's input.</summary>
internal static class FirstParty
{
    /// <summary>The pairs with their recorded scores and teacher answers.</summary>
    public static IEnumerable<PreferencePair> Recorded()
        => Enumerable.Range(1, 3).SelectMany(part => PairFile.Read(TestData.Own("first-party", $"part{part}.jsonl")));

    /// <summary>All three tasks over the pairs, of which only the texts are known.</summary>
    public static IDataView Distil(MLContext ml, IChatClient teacher, IEnumerable<PreferencePair> pairs)
    {
        IDataView input = ml.RewardModeling.LoadPairs(pairs.Select(p => new PreferencePair
        {
            Id = p.Id,
            Prompt = p.Prompt,
            Chosen = p.Chosen,
            Rejected = p.Rejected,
            IsLabelled = false,
        }));
        return ml.RewardModeling.TeacherScoreMargin(teacher).Append(ml.RewardModeling.TeacherRefinePairs(teacher)).Fit(input).Transform(input);
    }
}
