using System.Globalization;

namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>The exact inverse of <see cref="TeacherProtocol"/>: what a request asks, and the form in which it wants its reply.</summary>
internal sealed record RecordedRequest(string Task, Conversation Prompt, string Nonce)
{
    /// <summary>The quoted answers in the order shown.</summary>
    public IReadOnlyList<string> Answers { get; private init; } = [];

    public string Reference { get; private init; } = string.Empty;

    public string ToldScore { get; private init; } = string.Empty;

    public static RecordedRequest Parse(IReadOnlyList<ConversationTurn> messages)
    {
        string? task = messages.Count < 2 ? null
            : messages[0] == new ConversationTurn("system", TeacherProtocol.JudgeInstruction) ? TeacherTasks.ScoreSingle
            : messages[0] != new ConversationTurn("system", TeacherProtocol.EditorInstruction) ? null
            : messages.Count == 2 ? TeacherTasks.Refine : TeacherTasks.ScoreRefined;
        if (task is null)
        {
            return new RecordedRequest(TeacherTasks.Respond, new Conversation(messages), string.Empty);
        }

        string nonce = NonceOf(messages[1].Content);
        (string Name, string Content)[] sections = [.. Sections.ReadAll(messages[1].Content, nonce)];
        task = sections.Any(s => s.Name == TeacherProtocol.Answer1) ? TeacherTasks.ScorePair : task;
        string lastNonce = NonceOf(messages[^1].Content);
        return new RecordedRequest(
            task,
            new Conversation(sections.Where(s => s.Name.StartsWith(TeacherProtocol.Turn, StringComparison.Ordinal))
                .Select(s => new ConversationTurn(s.Name[TeacherProtocol.Turn.Length..], s.Content))),
            lastNonce)
        {
            Answers = [.. sections.Where(s => s.Name is TeacherProtocol.Answer or TeacherProtocol.Answer1 or TeacherProtocol.Answer2).Select(s => s.Content)],
            Reference = sections.FirstOrDefault(s => s.Name == TeacherProtocol.Reference).Content ?? string.Empty,
            ToldScore = Sections.ReadAll(messages[^1].Content, lastNonce).FirstOrDefault(s => s.Name == TeacherProtocol.OriginalScore).Content ?? string.Empty,
        };
    }

    /// <summary>The reply in the form that was asked for.</summary>
    public string Write(IReadOnlyList<string> values, bool asJson)
    {
        (string Section, string Property, bool IsNumber)[] fields = Task switch
        {
            TeacherTasks.ScorePair => [(TeacherProtocol.Score1, "score_1", true), (TeacherProtocol.Score2, "score_2", true)],
            TeacherTasks.Refine => [(TeacherProtocol.Diagnosis, "diagnosis", false), (TeacherProtocol.Refined, "refined", false)],
            TeacherTasks.ScoreSingle or TeacherTasks.ScoreRefined => [(TeacherProtocol.Score, "score", true)],
            _ => [],
        };
        return fields.Length == 0 ? values[0]
            : !asJson ? string.Join("\n", fields.Select((f, i) => Sections.Render(Nonce, f.Section, values[i])))
            : Json.ToText(writer =>
            {
                writer.WriteStartObject();
                writer.WriteString("code", Nonce);
                for (int i = 0; i < fields.Length; i++)
                {
                    if (fields[i].IsNumber)
                    {
                        writer.WriteNumber(fields[i].Property, decimal.Parse(values[i], CultureInfo.InvariantCulture));
                    }
                    else
                    {
                        writer.WriteString(fields[i].Property, values[i]);
                    }
                }

                writer.WriteEndObject();
            });
    }

    private static string NonceOf(string message)
    {
        int start = TeacherProtocol.CodeLine.Length;
        int end = message.IndexOf('\n', StringComparison.Ordinal);
        return message.StartsWith(TeacherProtocol.CodeLine, StringComparison.Ordinal) && end > start
            ? message[start..end]
            : throw new RewardModelingException("The recorded teacher was asked something that is no request of the teacher transforms. "
                + "Use a live teacher for it.");
    }
}
