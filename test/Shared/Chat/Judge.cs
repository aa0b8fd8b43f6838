using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.ML.RewardModeling;
using Microsoft.ML.RewardModeling.Teachers;

namespace RewardModeling.Testing.Chat;

/// <summary>A teacher whose replies are a pure function of the request, in the form that the request asks for.</summary>
internal static class Judge
{
    public static string Reply(ChatCall call)
    {
        List<ConversationTurn> turns = [.. call.Messages.Select(m => new ConversationTurn(m.Role, m.Content))];

        // A question asked again ends with the reason; the question itself stands before it.
        bool isTask = turns[0].Role == "system" && turns.Count > 1 && turns[1].Content.StartsWith(TeacherProtocol.CodeLine, StringComparison.Ordinal);
        while (isTask && !turns[^1].Content.StartsWith(TeacherProtocol.CodeLine, StringComparison.Ordinal))
        {
            turns.RemoveRange(turns.Count - 2, 2);
        }

        RecordedRequest request = RecordedRequest.Parse(turns);
        return request.Write(
            request.Task switch
            {
                TeacherTasks.Respond => ["A thorough answer to: " + turns[^1].Content],
                TeacherTasks.Refine => ["It lacks a word.", request.Answers[0] + " indeed"],
                TeacherTasks.ScoreRefined => ["9.5"],
                _ => [.. request.Answers.Select(Score)],
            },
            call.IsJson);
    }

    private static string Score(string answer)
        => (1 + (BitConverter.ToUInt16(SHA256.HashData(Encoding.UTF8.GetBytes(answer))) % 17 / 2.0)).ToString(CultureInfo.InvariantCulture);
}
