using System.Text.Json;

namespace RewardModeling.Testing.Chat;

/// <summary>A reply of Ollama's <c>POST /api/chat</c>: one object, or one a line with a piece of the text each when streaming is asked for.</summary>
internal static class OllamaReply
{
    public static byte[] Write(JsonElement request, string reply, int prompt, int completion)
    {
        bool streams = !request.TryGetProperty("stream", out JsonElement stream) || stream.ValueKind != JsonValueKind.False;
        int half = streams ? reply.Length / 2 : 0;
        using MemoryStream lines = new();
        if (streams)
        {
            Line(lines, reply[..half], isLast: false);
        }

        Line(lines, reply[half..], isLast: true);
        return lines.ToArray();

        void Line(MemoryStream target, string text, bool isLast)
        {
            using (Utf8JsonWriter writer = new(target))
            {
                writer.WriteStartObject();
                writer.WriteString("model", request.GetProperty("model").GetString());
                writer.WriteString("created_at", "2026-01-02T03:04:05Z");
                writer.WriteStartObject("message");
                writer.WriteString("role", "assistant");
                writer.WriteString("content", text);
                writer.WriteEndObject();
                writer.WriteBoolean("done", isLast);
                if (isLast)
                {
                    writer.WriteString("done_reason", "stop");
                    writer.WriteNumber("prompt_eval_count", prompt);
                    writer.WriteNumber("eval_count", completion);
                }

                writer.WriteEndObject();
            }

            target.WriteByte((byte)'\n');
        }
    }
}
