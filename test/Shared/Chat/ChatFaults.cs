using System.Security.Cryptography;
using System.Text;

namespace RewardModeling.Testing.Chat;

/// <summary>
/// What goes wrong, as shares of all requests. The same request meets the same fate at its same attempt, and the same
/// reply each time, whatever else goes on: chaos that can be repeated.
/// </summary>
internal sealed record ChatFaults(int Seed)
{
    public double Throttled { get; init; }

    public double ServerError { get; init; }

    public double BrokenConnection { get; init; }

    public double Hanging { get; init; }

    public double Unparseable { get; init; }

    public double Empty { get; init; }

    /// <summary>The mixture that a shared endpoint on a bad day serves.</summary>
    public static ChatFaults BadDay(int seed) => new(seed)
    {
        Throttled = 0.05, ServerError = 0.05, BrokenConnection = 0.02, Hanging = 0.02, Unparseable = 0.03, Empty = 0.01,
    };

    /// <summary>The fate of an attempt; null for a reply.</summary>
    public ChatOutcome? Of(string key, int attempt)
    {
        double fate = Uniform($"{Seed} {key} {attempt}");
        double limit = 0;
        return fate < (limit += Throttled) ? ChatOutcome.Throttled
            : fate < (limit += ServerError) ? ChatOutcome.ServerError
            : fate < (limit += BrokenConnection) ? ChatOutcome.BrokenConnection
            : fate < limit + Hanging ? ChatOutcome.Hanging
            : null;
    }

    /// <summary>The text of a reply, spoilt or not.</summary>
    public string Spoil(string key, string reply) => Uniform($"{Seed} {key} text") switch
    {
        double fate when fate < Unparseable => "I would rather talk about the weather: 7 and 4.",
        double fate when fate < Unparseable + Empty => "",
        _ => reply,
    };

    private static double Uniform(string text) => BitConverter.ToUInt32(SHA256.HashData(Encoding.UTF8.GetBytes(text))) / (uint.MaxValue + 1.0);
}
