using Microsoft.ML.RewardModeling.Scoring;

namespace RewardModeling.Tool.Scoring;

/// <summary>Rewards from an exported ONNX folder.</summary>
internal sealed class OnnxAnswerScorer(string folder) : IAnswerScorer
{
    private readonly OnnxRewardScorer _scorer = OnnxRewardScorer.Load(folder);

    public RewardScore[] Score(IReadOnlyList<Question> questions, CancellationToken cancellationToken)
    {
        RewardScore[] scores = new RewardScore[questions.Count];
        ParallelOptions parallel = new() { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Environment.ProcessorCount };
        try
        {
            Parallel.For(0, questions.Count, parallel, i =>
                scores[i] = _scorer.ScoreDetailed(questions[i].Prompt, [questions[i].Response], cancellationToken)[0]);
        }
        catch (AggregateException several) when (several.InnerException is { } first)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(first);
        }

        return scores;
    }

    public void Dispose() => _scorer.Dispose();
}
