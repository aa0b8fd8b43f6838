using System.Globalization;

namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>Why a result of a batch holds no reply, in words that the journal keeps and later passes understand.</summary>
internal static class BatchFailures
{
    private const string Prefix = "batch: ";
    private const string Status = Prefix + "HTTP status ";

    public static string Of(int status) => string.Create(CultureInfo.InvariantCulture, $"{Status}{status}");

    /// <summary>An error code of the service. Never its text: services echo keys and prompts in it.</summary>
    public static string Of(string? code) => Prefix + (code is { Length: > 0 and <= 40 } && code.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-') ? code : "no reply");

    /// <summary>
    /// Whether a call that failed so goes into no further batch. Failures outside of batches never count: a server that was down
    /// then says nothing about the service.
    /// </summary>
    public static bool IsFinal(string failure, int attempts, int maxAttempts)
        => failure.StartsWith(Prefix, StringComparison.Ordinal) && (attempts >= maxAttempts || IsRefused(failure));

    private static bool IsRefused(string failure)
        => failure.StartsWith(Status, StringComparison.Ordinal)
        && int.TryParse(failure.AsSpan(Status.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int status)
        && status is 400 or 413 or 422;
}
