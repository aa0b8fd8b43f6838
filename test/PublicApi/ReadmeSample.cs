using Microsoft.Extensions.AI;
using Microsoft.ML;
using Microsoft.ML.RewardModeling;
using Microsoft.ML.RewardModeling.Scoring;

namespace PublicApi.Tests;

/// <summary>The README's program, compiled: <see cref="ReadmeTests"/> compares the two line by line.</summary>
internal static class ReadmeSample
{
    internal static void Run(IChatClient teacher, IDataView test)
    {
        // begin README
        var ml = new MLContext(seed: 42);
        IDataView pairs = ml.RewardModeling.LoadPairs("pairs.jsonl");

        var pipeline = ml.RewardModeling.TeacherScoreMargin(teacher)          // initial scores: who is chosen, how strongly
            .Append(ml.RewardModeling.TeacherRefinePairs(teacher))            // y_T, diagnosis, minimal edit, self-calibrated score
            .Append(ml.RewardModeling.Trainers.RewardModel(new RewardModelTrainerOptions
            {
                Backbone = "models/Qwen2.5-0.5B", GenerativeWeight = 1.0f
            }));

        using RewardModelTransformer model = pipeline.Fit(pairs).LastTransformer;
        Console.WriteLine(ml.RewardModeling.Evaluate(model.Transform(test)));
        model.SaveOnnx("reward-onnx/");

        using var scorer = OnnxRewardScorer.Load("reward-onnx/");             // package Scoring alone
        float[] scores = scorer.Score("What is 2 + 2?", ["4", "5"]);          // answers of one prompt share its work
        // end README
        _ = scores;
    }
}
