using System.Security.Cryptography;
using Microsoft.Extensions.AI;

namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>The identity of a request: equal keys are the same call.</summary>
internal static class JournalKey
{
    /// <summary>SHA-256, hexadecimal, over protocol version, task, model, settings and messages.</summary>
    public static string Of(string task, string model, string settings, string request) => Convert.ToHexStringLower(SHA256.HashData(Json.ToBytes(writer =>
    {
        writer.WriteStartArray();
        writer.WriteNumberValue(TeacherProtocol.Version);
        writer.WriteStringValue(task);
        writer.WriteStringValue(model);
        writer.WriteStringValue(settings);
        writer.WriteStringValue(request);
        writer.WriteEndArray();
    })));

    /// <summary>The messages as JSON.</summary>
    public static string Request(IEnumerable<ConversationTurn> messages) => Json.ToText(writer => Json.WriteTurns(writer, messages));

    /// <summary>Everything besides the messages that changes a reply, as JSON.</summary>
    public static string Settings(ChatOptions options) => Json.ToText(writer =>
    {
        writer.WriteStartObject();
        Write("temperature", options.Temperature);
        Write("top_p", options.TopP);
        Write("top_k", options.TopK);
        Write("max_output_tokens", options.MaxOutputTokens);
        Write("frequency_penalty", options.FrequencyPenalty);
        Write("presence_penalty", options.PresencePenalty);
        if (options.Seed is { } seed)
        {
            writer.WriteNumber("seed", seed);
        }

        if (options.AdditionalProperties?.GetValueOrDefault(TokenLogProbabilities.RequestProperty) is int alternatives)
        {
            writer.WriteNumber(TokenLogProbabilities.RequestProperty, alternatives);
        }

        if (options.StopSequences is { Count: > 0 } stops)
        {
            writer.WriteStartArray("stop");
            foreach (string stop in stops)
            {
                writer.WriteStringValue(Text.WellFormed(stop));
            }

            writer.WriteEndArray();
        }

        if (options.ResponseFormat is ChatResponseFormatJson json)
        {
            writer.WriteString("format", json.Schema is { } schema ? schema.GetRawText() : "json");
        }

        writer.WriteEndObject();

        void Write(string name, float? value)
        {
            if (value is { } number)
            {
                writer.WriteNumber(name, number);
            }
        }
    });
}
