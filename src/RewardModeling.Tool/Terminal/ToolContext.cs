using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML;
using Microsoft.ML.RewardModeling;
using Microsoft.ML.Runtime;
using RewardModeling.Tool.Files;
using RewardModeling.Tool.Training;

namespace RewardModeling.Tool.Terminal;

/// <summary>What a command may touch of the outside: its output, its progress, the clock, and the wish to stop.</summary>
internal sealed class ToolContext(TextWriter output, TextWriter error, bool json, bool verbose, CancellationToken cancellation)
{
    public CancellationToken Cancellation { get; } = cancellation;

    public bool Verbose { get; } = verbose;

    public TimeProvider Time { get; } = TimeProvider.System;

    /// <summary>What is kept and how to go on, told when the user stops the command.</summary>
    public string WhenCancelled { get; set; } = "Nothing was written.";

    /// <summary>A remark for people; never on standard output.</summary>
    public void Note(string line) => error.WriteLine(line);

    /// <summary>The result of a command: one JSON object for scripts, or the text for people.</summary>
    public void Result(JsonObject value, string text) =>
        output.WriteLine(json ? value.ToJsonString(JsonLines.Compact) : text);

    /// <summary>A context for the library's components; its remarks go to standard error, with --verbose the whole log.</summary>
    public MLContext CreateMLContext(int seed = 42)
    {
        MLContext context = new(seed);
        context.Log += (_, entry) =>
        {
            if (Verbose)
            {
                error.WriteLine(entry.Message);
            }
            else if (IsRemark(entry))
            {
                error.WriteLine(entry.RawMessage);
            }
        };
        return context;
    }

    // What the library found out about the data; its own lines of progress are shown in another way already.
    private static bool IsRemark(LoggingEventArgs entry) =>
        entry.Kind >= ChannelMessageKind.Info
        && entry.Source.StartsWith(nameof(RewardModelTrainer), StringComparison.Ordinal)
        && !entry.RawMessage.StartsWith("step ", StringComparison.Ordinal)
        && !entry.RawMessage.StartsWith("Trained ", StringComparison.Ordinal);

    /// <summary>Runs work that reports how far it is: a live line on a terminal, a plain line now and then elsewhere.</summary>
    public T WithProgress<T>(string title, Func<IProgress<WorkProgress>, T> work) =>
        System.Console.IsErrorRedirected || error != System.Console.Error
            ? work(new PlainProgress(title, error, Time))
            : LiveProgress.Run(title, Time, work);

    /// <summary>Runs a training: a live table of its figures on a terminal, a plain line now and then elsewhere.</summary>
    public T WithTraining<T>(Func<IProgress<StepMetrics>, T> work) =>
        System.Console.IsErrorRedirected || error != System.Console.Error
            ? work(new TrainProgress(new PlainProgress("train", error, Time)))
            : TrainView.Run(work);
}
