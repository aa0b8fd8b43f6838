namespace Microsoft.ML.RewardModeling.Scoring;

/// <summary>Turns a prompt and an answer into the ids the model reads: the one rule that training and scoring share.</summary>
public sealed class RewardTextEncoder
{
    private RewardTextEncoder()
    {
    }

    /// <summary>The tokenizer.</summary>
    public HuggingFaceTokenizer Tokenizer { get; private init; } = null!;

    /// <summary>The most ids of an encoded text.</summary>
    public int MaxLength { get; private init; }

    /// <summary>Whether the model has a chat template; without one, the plain format is used.</summary>
    public bool HasChatTemplate { get; private init; }

    /// <summary>Reads tokenizer, chat template and maximum length of a model directory.</summary>
    /// <param name="directory">A model or ONNX directory.</param>
    /// <param name="maxLength">The most ids of an encoded text; null for the model's own maximum.</param>
    public static RewardTextEncoder Load(string directory, int? maxLength = null) => throw new NotImplementedException();

    /// <summary>Encodes a prompt and an answer.</summary>
    /// <param name="prompt">The conversation up to the answer.</param>
    /// <param name="response">The answer.</param>
    public EncodedText Encode(IReadOnlyList<ChatTurn> prompt, string response) => throw new NotImplementedException();
}
