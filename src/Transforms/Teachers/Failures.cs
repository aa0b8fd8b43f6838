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

    /// <summary>A failure of the server as a whole rather than of one request: no connection, no answer, throttled, a gateway without a server.</summary>
    public static bool IsOutage(Exception exception) => exception is not RewardModelingException && StatusOf(exception) switch
    {
        429 or 502 or 503 or 504 or 529 => true,
        > 0 => false,
        _ => KindOf(exception) == FailureKind.Transient,
    };

    /// <summary>The server answered, with a failure.</summary>
    public static bool HasStatus(Exception exception) => StatusOf(exception) > 0;

    /// <summary>The failure, or one behind it, came over the network, so that its text may be the server's.</summary>
    public static bool IsOfAServer(Exception exception) => Causes(exception).Any(e => StatusOf(e) is not null || e is HttpRequestException or IOException);

    /// <summary>The server says that it, not the request, is at fault. Some say so of single requests, too.</summary>
    public static bool IsServerError(Exception exception) => StatusOf(exception) >= 500;

    /// <summary>No server could be reached at all, so it cannot be the request's fault.</summary>
    public static bool IsUnreachable(Exception exception)
        => Causes(exception).OfType<HttpRequestException>().Any(e => e.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError);

    /// <summary>There is no such host, or whoever answers there is not the one that the address names.</summary>
    public static bool IsWrongAddress(Exception exception)
        => Causes(exception).Any(e => e is System.Net.Sockets.SocketException { SocketErrorCode: System.Net.Sockets.SocketError.HostNotFound }
            or System.Security.Authentication.AuthenticationException);

    /// <summary>How long the server asks to wait (the headers <c>retry-after-ms</c> and <c>Retry-After</c>, RFC 9110 10.2.3); null if it does not say.</summary>
    public static TimeSpan? RetryAfter(Exception exception, TimeProvider time)
    {
        if (double.TryParse(HeaderOf(exception, "retry-after-ms"), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double milliseconds))
        {
            return Bounded(milliseconds / 1000);
        }

        string? value = HeaderOf(exception, "Retry-After");
        return double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds) ? Bounded(seconds)
            : DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset date)
                ? Bounded((date - time.GetUtcNow()).TotalSeconds)
                : null;
    }

    // Nobody waits a day for a server that means something else; a date in the past is now.
    private static TimeSpan Bounded(double seconds) => TimeSpan.FromSeconds(Math.Clamp(seconds, 0, 86400));

    // As with the status: GetRawResponse().Headers of System.ClientModel, without referring to it.
    private static string? HeaderOf(Exception exception, string name)
    {
        try
        {
            object? headers = exception.GetType().GetMethod("GetRawResponse", Type.EmptyTypes)?.Invoke(exception, null) is { } response
                ? response.GetType().GetProperty("Headers")?.GetValue(response)
                : null;
            object?[] arguments = [name, null];
            return headers?.GetType().GetMethod("TryGetValue", [typeof(string), typeof(string).MakeByRefType()])?.Invoke(headers, arguments) is true
                ? arguments[1] as string
                : null;
        }
        catch (Exception e) when (e is System.Reflection.TargetInvocationException or System.Reflection.AmbiguousMatchException)
        {
            return null;
        }
    }

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
