using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Microsoft.ML.RewardModeling;

/// <summary>JSON as this library writes it: one line, no needless escapes, the same bytes for the same values.</summary>
internal static class Json
{
    public static JsonWriterOptions WriterOptions { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string ToText(Action<Utf8JsonWriter> write) => Encoding.UTF8.GetString(ToBytes(write));

    public static byte[] ToBytes(Action<Utf8JsonWriter> write)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter writer = new(buffer, WriterOptions))
        {
            write(writer);
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>One user turn as its text, another conversation as a list of messages.</summary>
    public static void WritePrompt(Utf8JsonWriter writer, Conversation prompt)
    {
        if (prompt.Turns is [{ Role: "user" } only])
        {
            writer.WriteStringValue(Text.WellFormed(only.Content));
        }
        else
        {
            WriteTurns(writer, prompt.Turns);
        }
    }

    public static void WriteTurns(Utf8JsonWriter writer, IEnumerable<ConversationTurn> turns)
    {
        writer.WriteStartArray();
        foreach (ConversationTurn turn in turns)
        {
            writer.WriteStartObject();
            writer.WriteString("role", Text.WellFormed(turn.Role));
            writer.WriteString("content", Text.WellFormed(turn.Content));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
