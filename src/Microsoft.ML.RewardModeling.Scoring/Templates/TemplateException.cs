namespace Microsoft.ML.RewardModeling.Scoring.Templates;

/// <summary>An error inside a template. <see cref="ChatTemplate"/> adds the line and hands it out as <see cref="RewardScoringException"/>.</summary>
internal sealed class TemplateException(string message, int? line = null) : Exception(message)
{
    public int? Line { get; } = line;

    public static TemplateException Unsupported(string what, int? line = null) =>
        new($"{what} is not supported. Expected what chat templates use: for, if, set, macro, call, filter, with, generation, and Jinja's "
            + "common filters and tests.", line);
}
