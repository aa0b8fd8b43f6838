using System.Globalization;
using Microsoft.ML.RewardModeling.Scoring;

// AotScorer FOLDER PROMPT ANSWER...
// Scores answers with an exported model: one native program, no .NET installation.
if (args.Length < 3)
{
    Console.Error.WriteLine("usage: AotScorer FOLDER PROMPT ANSWER...");
    return 2;
}

using OnnxRewardScorer scorer = OnnxRewardScorer.Load(args[0]);
string[] answers = args[2..];
float[] rewards = await scorer.ScoreAsync(args[1], answers);
for (int i = 0; i < answers.Length; i++)
{
    Console.WriteLine($"{rewards[i].ToString("R", CultureInfo.InvariantCulture)}\t{answers[i]}");
}

return 0;
