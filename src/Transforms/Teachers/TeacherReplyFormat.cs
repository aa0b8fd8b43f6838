namespace Microsoft.ML.RewardModeling;

/// <summary>How a teacher is asked to write scores and edits down.</summary>
public enum TeacherReplyFormat
{
    /// <summary>Sections between marks that carry a code of the request. Works with every chat model.</summary>
    Marks,

    /// <summary>JSON by schema (structured output). For providers that support it: fewer replies have to be asked again.</summary>
    JsonSchema,
}
