namespace Microsoft.ML.RewardModeling;

/// <summary>A text, or a conversation that ends with an answer, to train a language model on.</summary>
public sealed record LanguageText
{
    /// <summary>Names the text in errors.</summary>
    public required string Id { get; init; }

    /// <summary>The text; the tokenizer's own special tokens in it are recognised. Null where <see cref="Messages"/> is given.</summary>
    public string? Text { get; init; }

    /// <summary>The conversation, its last turn the assistant's; it is written by the backbone's chat template. Null where <see cref="Text"/> is given.</summary>
    public Conversation? Messages { get; init; }
}
