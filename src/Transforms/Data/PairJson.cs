using System.Text.Json;

namespace Microsoft.ML.RewardModeling;

/// <summary>The JSON form of a pair: parsing of the three layouts and writing, as pure functions.</summary>
internal static class PairJson
{
    private const string Expected = "\"prompt\" with either \"chosen\" and \"rejected\" or \"response_a\" and \"response_b\"";

    /// <summary>Parses a row; the id is empty when the row has none.</summary>
    public static PreferencePair Parse(PairRecord record)
    {
        JsonFields fields = new(record, Expected);
        PreferencePair pair = fields.Has("response_a") || fields.Has("response_b") ? ParseCandidates(fields)
            : fields.KindOf("chosen") == JsonValueKind.Array || fields.KindOf("rejected") == JsonValueKind.Array ? ParseConversations(fields)
            : ParseLabelled(fields);
        return pair with
        {
            Id = fields.OptionalId() ?? string.Empty,
            TeacherResponse = fields.OptionalText("teacher_response"),
            EditSimilarity = fields.OptionalNumber("edit_similarity"),
            Status = fields.OptionalText("status") ?? (pair.Chosen == pair.Rejected ? TeacherStatus.EqualAnswers : null),
        };
    }

    /// <summary>One line of UTF-8 with a line feed. Every field is there, in this order; what is unknown is null.</summary>
    public static byte[] ToLine(PreferencePair pair) => [.. Json.ToBytes(writer => Write(writer, pair)), (byte)'\n'];

    private static void Write(Utf8JsonWriter writer, PreferencePair pair)
    {
        writer.WriteStartObject();
        writer.WriteString("id", Text.WellFormed(pair.Id));
        writer.WritePropertyName("prompt");
        Json.WritePrompt(writer, pair.Prompt);

        writer.WriteString(pair.IsLabelled ? "chosen" : "response_a", Text.WellFormed(pair.Chosen));
        writer.WriteString(pair.IsLabelled ? "rejected" : "response_b", Text.WellFormed(pair.Rejected));
        WriteNumber(writer, pair.IsLabelled ? "chosen_score" : "score_a", pair.ChosenScore);
        WriteNumber(writer, pair.IsLabelled ? "rejected_score" : "score_b", pair.RejectedScore);
        WriteNumber(writer, "margin", pair.Margin);
        writer.WriteString("teacher_response", pair.TeacherResponse is null ? null : Text.WellFormed(pair.TeacherResponse));
        WriteNumber(writer, "edit_similarity", pair.EditSimilarity);
        writer.WriteString("status", pair.Status ?? pair.NaturalStatus);
        writer.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter writer, string name, float? value)
    {
        if (value is { } number && float.IsFinite(number))
        {
            writer.WriteNumber(name, number);
        }
        else
        {
            writer.WriteNull(name);
        }
    }

    private static PreferencePair ParseLabelled(JsonFields fields) => WithLabel(fields, new PreferencePair
    {
        Id = string.Empty,
        Prompt = fields.Prompt(),
        Chosen = fields.Answer("chosen"),
        Rejected = fields.Answer("rejected"),
    });

    /// <summary>Hugging Face's implicit form: what both conversations begin with is the prompt, the last turns are the answers.</summary>
    private static PreferencePair ParseConversations(JsonFields fields)
    {
        IReadOnlyList<ConversationTurn> chosen = fields.Turns("chosen");
        IReadOnlyList<ConversationTurn> rejected = fields.Turns("rejected");
        int common = 0;
        while (common < Math.Min(chosen.Count, rejected.Count) - 1 && chosen[common] == rejected[common])
        {
            common++;
        }

        if (chosen.Count != common + 1 || rejected.Count != common + 1 || chosen[^1].Role != "assistant" || rejected[^1].Role != "assistant")
        {
            throw fields.Error(
                "found conversations in \"chosen\" and \"rejected\" that differ in more than their last turn, or that do not end with "
                    + "the assistant",
                "the same turns in both and one different assistant answer at the end",
                "Cut both conversations after the first answer that differs.");
        }

        // With a prompt of its own the row holds only the answers in the lists (Hugging Face's explicit form).
        Conversation prompt = fields.Has("prompt")
            ? common == 0 ? fields.Prompt() : CheckedPrompt(fields, chosen.Take(common))
            : common > 0 ? new Conversation(chosen.Take(common))
            : throw fields.Error(
                "found no turn before the answers and no \"prompt\"", "a prompt", "Add the field \"prompt\", or the turns before the answers.");
        return WithLabel(fields, new PreferencePair
        {
            Id = string.Empty,
            Prompt = prompt,
            Chosen = fields.NotBlank("chosen", chosen[^1].Content),
            Rejected = fields.NotBlank("rejected", rejected[^1].Content),
        });
    }

    // Some sets repeat the first user message as a plain "prompt" beside the whole conversations, which then are complete.
    private static Conversation CheckedPrompt(JsonFields fields, IEnumerable<ConversationTurn> turns)
    {
        Conversation conversation = new(turns);
        Conversation prompt = fields.Prompt();
        return prompt.Turns.All(turn => conversation.Turns.Contains(turn)) ? conversation : throw fields.Error(
            "found a \"prompt\" that is not part of the conversations in \"chosen\" and \"rejected\"",
            "one prompt",
            "Remove the field \"prompt\", or the turns before the answers.");
    }

    private static PreferencePair WithLabel(JsonFields fields, PreferencePair pair)
    {
        float? chosen = fields.OptionalNumber("chosen_score");
        float? rejected = fields.OptionalNumber("rejected_score");
        return pair with { ChosenScore = chosen, RejectedScore = rejected, Margin = fields.OptionalNumber("margin") ?? chosen - rejected };
    }

    /// <summary>Two candidates: scores decide, else the field "chosen"; a "margin" here is in another unit and is not used.</summary>
    private static PreferencePair ParseCandidates(JsonFields fields)
    {
        string a = fields.Answer("response_a");
        string b = fields.Answer("response_b");
        float? scoreA = fields.OptionalNumber("score_a");
        float? scoreB = fields.OptionalNumber("score_b");
        string? label = fields.OptionalText("chosen");
        if (label is not (null or "a" or "b"))
        {
            throw fields.Error(
                $"found \"chosen\": \"{JsonFields.Shorten(label)}\" beside \"response_a\"",
                "\"a\", \"b\" or null",
                "Name the better response by its letter.");
        }

        bool? isBBetter = scoreA is not null && scoreB is not null ? (scoreA == scoreB ? null : scoreB > scoreA) : label is null ? null : label == "b";
        (string Text, float? Score) first = isBBetter == true ? (b, scoreB) : (a, scoreA);
        (string Text, float? Score) second = isBBetter == true ? (a, scoreA) : (b, scoreB);
        return new PreferencePair
        {
            Id = string.Empty,
            Prompt = fields.Prompt(),
            Chosen = first.Text,
            Rejected = second.Text,
            IsLabelled = isBBetter is not null,
            ChosenScore = first.Score,
            RejectedScore = second.Score,
            Margin = isBBetter is null ? null : first.Score - second.Score,
        };
    }
}
