using Microsoft.ML.RewardModeling.Scoring;

namespace RewardModeling.Tool.Scoring;

/// <summary>A trained or exported model that gives rewards.</summary>
internal interface IAnswerScorer : IDisposable
{
    /// <summary>One reward an answer, in order.</summary>
    RewardScore[] Score(IReadOnlyList<Question> questions, CancellationToken cancellationToken);
}
