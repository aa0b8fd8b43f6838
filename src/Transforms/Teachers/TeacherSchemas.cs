using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>The JSON schemas of structured replies.</summary>
internal static class TeacherSchemas
{
    public static ChatResponseFormatJson ScorePair => Create("pair_scores", ("code", "string"), ("reasons", "string"), ("score_1", "number"), ("score_2", "number"));

    public static ChatResponseFormatJson ScoreSingle => Create("answer_score", ("code", "string"), ("reasons", "string"), ("score", "number"));

    public static ChatResponseFormatJson Refine => Create("refinement", ("code", "string"), ("diagnosis", "string"), ("refined", "string"));

    public static ChatResponseFormatJson ScoreRefined => Create("refined_score", ("code", "string"), ("reasons", "string"), ("score", "number"));

    // Every property required and no other allowed: the subset that providers enforce strictly.
    private static ChatResponseFormatJson Create(string name, params (string Name, string Type)[] properties)
    {
        byte[] schema = Json.ToBytes(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("type", "object");
            writer.WriteStartObject("properties");
            foreach ((string property, string type) in properties)
            {
                writer.WriteStartObject(property);
                writer.WriteString("type", type);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
            writer.WriteStartArray("required");
            foreach ((string property, _) in properties)
            {
                writer.WriteStringValue(property);
            }

            writer.WriteEndArray();
            writer.WriteBoolean("additionalProperties", false);
            writer.WriteEndObject();
        });
        return ChatResponseFormat.ForJsonSchema(JsonElement.Parse(schema), name);
    }
}
