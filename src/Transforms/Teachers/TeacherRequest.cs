using Microsoft.Extensions.AI;

namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>
/// One question to the teacher: the task it belongs to, its messages, and a JSON schema where structured output is
/// asked for.
/// </summary>
internal sealed record TeacherRequest(string Task, IReadOnlyList<ConversationTurn> Messages)
{
    public ChatResponseFormatJson? Format { get; init; }

    /// <summary>The temperature of this request; null takes the client's.</summary>
    public float? Temperature { get; init; }

    /// <summary>The sampling seed of this request; null takes the client's.</summary>
    public long? Seed { get; init; }

    /// <summary>The code in the marks of this request; empty where the reply is free text.</summary>
    public string Nonce { get; init; } = string.Empty;

    /// <summary>A reply that is in the journal from an earlier run is no answer to this request.</summary>
    public bool IsFresh { get; init; }

    /// <summary>The conversation goes on with the reply that could not be used and the reason.</summary>
    public TeacherRequest Again(string reply, string problem) => this with
    {
        Messages = [.. Messages, new("assistant", string.IsNullOrWhiteSpace(reply) ? "(empty)" : reply), new("user", TeacherProtocol.AskAgain(problem))],
    };
}
