using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>One line of a batch file: <c>{"custom_id", "method", "url", "body"}</c> (OpenAI, Batch API reference, request input object).</summary>
internal static class BatchRequest
{
    public static byte[] ToLine(OutstandingCall call)
    {
        byte[] json = Json.ToBytes(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("custom_id", call.Key);
            writer.WriteString("method", "POST");
            writer.WriteString("url", "/v1/chat/completions");
            writer.WriteStartObject("body");
            writer.WriteString("model", Text.WellFormed(call.Model));
            writer.WritePropertyName("messages");
            writer.WriteRawValue(call.Request);
            WriteSettings(writer, call.Options);
            writer.WriteEndObject();
            writer.WriteEndObject();
        });
        return [.. json, (byte)'\n'];
    }

    private static void WriteSettings(Utf8JsonWriter writer, ChatOptions options)
    {
        Write("temperature", options.Temperature);
        Write("top_p", options.TopP);
        Write("top_k", options.TopK);
        Write("max_completion_tokens", options.MaxOutputTokens);
        Write("frequency_penalty", options.FrequencyPenalty);
        Write("presence_penalty", options.PresencePenalty);
        if (options.Seed is { } seed)
        {
            writer.WriteNumber("seed", seed);
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

        if (options.AdditionalProperties?.GetValueOrDefault(TokenLogProbabilities.RequestProperty) is int alternatives and > 0)
        {
            writer.WriteBoolean("logprobs", true);
            writer.WriteNumber("top_logprobs", alternatives);
        }

        if (options.ResponseFormat is ChatResponseFormatJson format)
        {
            WriteFormat(writer, format);
        }

        void Write(string name, float? value)
        {
            if (value is { } number)
            {
                writer.WriteNumber(name, number);
            }
        }
    }

    private static void WriteFormat(Utf8JsonWriter writer, ChatResponseFormatJson format)
    {
        writer.WriteStartObject("response_format");
        writer.WriteString("type", format.Schema is null ? "json_object" : "json_schema");
        if (format.Schema is { } schema)
        {
            writer.WriteStartObject("json_schema");
            writer.WriteString("name", format.SchemaName ?? "reply");
            writer.WritePropertyName("schema");
            schema.WriteTo(writer);
            writer.WriteBoolean("strict", true);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }
}
