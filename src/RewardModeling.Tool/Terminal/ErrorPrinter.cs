using System.Text.Json.Nodes;
using Microsoft.ML.RewardModeling;
using Microsoft.ML.RewardModeling.Scoring;
using RewardModeling.Tool.CommandLine;
using RewardModeling.Tool.Files;

namespace RewardModeling.Tool.Terminal;

/// <summary>Tells people on standard error, and scripts on standard output, why a command did not succeed.</summary>
internal sealed class ErrorPrinter(TextWriter output, TextWriter error, bool json, bool verbose)
{
    /// <summary>Prints what went wrong.</summary>
    /// <returns>The exit code that belongs to it.</returns>
    public int Print(Exception exception, string whenCancelled)
    {
        Exception cause = Expected(exception) ?? Unwrap(exception);
        if (verbose)
        {
            error.WriteLine(exception);
        }

        return cause switch
        {
            UsageException => Write("usage", cause.Message, ExitCode.Usage),
            OperationCanceledException => Write("cancelled", $"Stopped. {whenCancelled}", ExitCode.Cancelled),
            _ when IsExpected(cause) => Write("failure", cause.Message, ExitCode.Failure),
            _ => Write("unexpected", Unexpected(cause), ExitCode.Failure),
        };
    }

    public int Write(string kind, string message, int exitCode)
    {
        error.WriteLine(kind == "cancelled" ? message : $"error: {message}");
        if (json)
        {
            JsonObject details = new() { ["kind"] = kind, ["message"] = message, ["exit_code"] = exitCode };
            output.WriteLine(new JsonObject { ["error"] = details }.ToJsonString(JsonLines.Compact));
        }

        return exitCode;
    }

    // ML.NET wraps what happens inside a cursor: the first explained failure on the way down is the one to tell.
    private static Exception? Expected(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (IsExpected(exception) || exception is UsageException or OperationCanceledException)
            {
                return exception;
            }
        }

        return null;
    }

    private static bool IsExpected(Exception exception) =>
        exception is WorkException or RewardModelingException or RewardScoringException or IOException or UnauthorizedAccessException;

    private static Exception Unwrap(Exception exception) =>
        exception is AggregateException { InnerException: { } inner } ? Unwrap(inner) : exception;

    private string Unexpected(Exception cause) => verbose
        ? $"unexpected {cause.GetType().Name}: {cause.Message}"
        : $"unexpected {cause.GetType().Name}: {cause.Message} Run again with --verbose to see where, and please report it.";
}
