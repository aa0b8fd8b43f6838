using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.ML.RewardModeling.Scoring;
using RewardModeling.Tool.CommandLine;
using RewardModeling.Tool.Files;
using RewardModeling.Tool.Scoring;
using RewardModeling.Tool.Terminal;

namespace RewardModeling.Tool.Commands;

/// <summary><c>rewardmodel score</c>: a reward for each answer of a file.</summary>
internal static class ScoreCommand
{
    private const string Examples = """
        rewardmodel score --model onnx --input answers.jsonl --out scored.jsonl

        A row {"id", "prompt", "response"} becomes the same row plus "score", "tokens" and "truncated".
        "prompt" is text (one user turn) or a list of {"role", "content"} messages.
        """;

    // Large enough to keep every core busy, small enough that progress and Ctrl-C are prompt.
    private const int ChunkSize = 256;

    public static ToolCommand Create()
    {
        Option<string> model = Options.RequiredPath("--model", "MODEL/|ONNX/", "Trained model folder or exported ONNX folder.");
        Option<string> input = Options.RequiredPath("--input", "ROWS.jsonl", "Rows {\"id\", \"prompt\", \"response\"}; .jsonl or .jsonl.gz.");
        Option<string> output = Options.RequiredPath("--out", "SCORED.jsonl", "File to write; it appears when it is complete.");
        Command command = new("score", "Score answers with a trained or exported model.") { model, input, output };
        return new(command, Examples, (parsed, context) =>
            Run(parsed.GetRequiredValue(model), parsed.GetRequiredValue(input), parsed.GetRequiredValue(output), context));
    }

    private static int Run(string modelPath, string inputPath, string outputPath, ToolContext context)
    {
        string folder = InputPaths.Folder("--model", modelPath);
        string input = InputPaths.File("--input", inputPath);
        string output = OutputPaths.File("--out", outputPath);
        using IAnswerScorer scorer = AnswerScorers.Load(folder);
        using JsonLinesWriter writer = new(output);
        long tokens = 0;
        long truncated = 0;
        long start = context.Time.GetTimestamp();
        context.WithProgress("score", progress =>
        {
            foreach (JsonRow[] rows in JsonLines.Read(input).Chunk(ChunkSize))
            {
                RewardScore[] scores = scorer.Score([.. rows.Select(ToQuestion)], context.Cancellation);
                for (int i = 0; i < rows.Length; i++)
                {
                    rows[i].Value["score"] = scores[i].Score;
                    rows[i].Value["tokens"] = scores[i].Tokens;
                    rows[i].Value["truncated"] = scores[i].Truncated;
                    writer.Write(rows[i].Value);
                    tokens += scores[i].Tokens;
                    truncated += scores[i].Truncated ? 1 : 0;
                }

                progress.Report(new(writer.Rows, 0, "rows"));
            }

            return writer.Rows;
        });
        writer.Commit();
        double seconds = context.Time.GetElapsedTime(start).TotalSeconds;
        context.Result(
            new JsonObject
            {
                ["rows"] = writer.Rows,
                ["tokens"] = tokens,
                ["truncated"] = truncated,
                ["tokens_per_second"] = Math.Round(tokens / seconds, 1),
                ["out"] = output,
            },
            string.Create(
                CultureInfo.InvariantCulture,
                $"{writer.Rows} answers scored in {seconds:0.0} s ({tokens / seconds:0} tokens/s), {truncated} truncated: {output}"));
        return ExitCode.Success;
    }

    private static Question ToQuestion(JsonRow row)
    {
        _ = row.Require("id");
        string response = row.Text("response");
        return response.Length > 0
            ? new Question(row.Conversation("prompt"), response)
            : throw row.Wrong("response", "an answer that is not empty");
    }
}
