using System.Globalization;
using System.Net.Http;

namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>Tells apart what a failed call means, from the exceptions that chat clients throw.</summary>
internal static class Failures
{
    public static FailureKind KindOf(Exception exception) => StatusOf(exception) switch
    {
        408 or 409 or 425 or 429 or >= 500 => FailureKind.Transient,
        401 or 403 or 404 or 405 => FailureKind.Fatal,
        >= 400 => FailureKind.Request,
        _ => Causes(exception).Any(e => e is HttpRequestException or IOException or TimeoutException or OperationCanceledException)
            ? FailureKind.Transient
            : FailureKind.Fatal,
    };

    /// <summary>The failure in a few words. Never the exception's own text: providers echo keys and prompts in it.</summary>
    public static string Describe(Exception exception)
        => StatusOf(exception) is int status and > 0 ? string.Create(CultureInfo.InvariantCulture, $"HTTP status {status}")
            : Causes(exception).OfType<HttpRequestException>().FirstOrDefault() is { } connection ? $"no connection ({connection.HttpRequestError})"
            : exception.GetType().Name;

    // Chat clients wrap a broken connection in an exception of their own, with status 0.
    private static IEnumerable<Exception> Causes(Exception exception)
        => exception is AggregateException several
            ? several.InnerExceptions.SelectMany(Causes)
            : exception.InnerException is { } inner ? [exception, .. Causes(inner)] : [exception];

    // The exceptions of System.ClientModel and Azure.Core carry the status as a property; neither package is referenced for it.
    private static int? StatusOf(Exception exception) => exception is HttpRequestException { StatusCode: { } code }
        ? (int)code
        : exception.GetType().GetProperty("Status") is { } property && property.PropertyType == typeof(int) ? (int?)property.GetValue(exception) : null;
}
