using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Microsoft.ML.RewardModeling;

/// <summary>
/// One token of a reply with the likeliest tokens in its place, as a provider reports them. A chat client that can report
/// them reads how many are wanted from <see cref="ChatOptions.AdditionalProperties"/> under <see cref="RequestProperty"/>
/// (an <see cref="int"/>), and hands an <see cref="IReadOnlyList{T}"/> of this record back in
/// <see cref="ChatResponse.AdditionalProperties"/> under <see cref="ReplyProperty"/>.
/// </summary>
/// <param name="Token">The token as text.</param>
/// <param name="LogProbability">Natural logarithm of its probability, at most 0.</param>
/// <param name="Top">The likeliest tokens in this place, best first; may include the token itself.</param>
public sealed record TokenLogProbabilities(string Token, float LogProbability, IReadOnlyList<TokenLogProbability> Top)
{
    /// <summary>The key in a request's additional properties: how many alternatives for each token are wanted.</summary>
    public const string RequestProperty = "top_logprobs";

    /// <summary>The key in a response's additional properties.</summary>
    public const string ReplyProperty = "logprobs";

    /// <summary>What a response carries under <see cref="ReplyProperty"/>, as JSON for the journal.</summary>
    internal static string? JsonOf(ChatResponse response)
        => response.AdditionalProperties?.GetValueOrDefault(ReplyProperty) is IReadOnlyList<TokenLogProbabilities> tokens ? ToJson(tokens) : null;

    /// <summary><c>[["token",-0.1,[["token",-0.1],["other",-2.5]]], ...]</c>.</summary>
    internal static string ToJson(IReadOnlyList<TokenLogProbabilities> tokens) => Json.ToText(writer =>
    {
        writer.WriteStartArray();
        foreach (TokenLogProbabilities token in tokens)
        {
            writer.WriteStartArray();
            writer.WriteStringValue(Text.WellFormed(token.Token));
            Write(writer, token.LogProbability);
            writer.WriteStartArray();
            foreach (TokenLogProbability other in token.Top)
            {
                writer.WriteStartArray();
                writer.WriteStringValue(Text.WellFormed(other.Token));
                Write(writer, other.LogProbability);
                writer.WriteEndArray();
            }

            writer.WriteEndArray();
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
    });

    internal static IReadOnlyList<TokenLogProbabilities>? FromJson(string? json)
    {
        if (json is null)
        {
            return null;
        }

        using JsonDocument document = JsonDocument.Parse(json);
        return [.. document.RootElement.EnumerateArray().Select(token => new TokenLogProbabilities(
            token[0].GetString()!, Read(token[1]), [.. token[2].EnumerateArray().Select(other => new TokenLogProbability(other[0].GetString()!, Read(other[1])))]))];
    }

    // JSON has no infinity, and providers report impossible tokens as -inf or -9999.
    private static void Write(Utf8JsonWriter writer, float value)
        => writer.WriteRawValue((float.IsFinite(value) ? value : -9999f).ToString("R", CultureInfo.InvariantCulture));

    private static float Read(JsonElement value) => (float)value.GetDouble();
}
