using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.AI;
using Microsoft.ML.RewardModeling.Teachers;

namespace Microsoft.ML.RewardModeling;

/// <summary>
/// A teacher that repeats what is recorded in a data set: scores, its own answers, refinements and their scores. It reads
/// the same requests and writes the same replies as a model would. What it does not hold it refuses with an error.
/// </summary>
public sealed class RecordedTeacher : IChatClient
{
    private readonly ChatClientMetadata _metadata;
    private readonly ILookup<Conversation, RecordedItem> _items;
    private readonly string _source;

    private RecordedTeacher(string source, IReadOnlyList<RecordedItem> items, string modelId)
    {
        _source = source;
        _items = items.ToLookup(i => i.Prompt);
        _metadata = new ChatClientMetadata("recorded", providerUri: null, modelId);
        Count = items.Count;
    }

    /// <summary>Recorded items.</summary>
    public int Count { get; }

    /// <summary>
    /// Loads recorded items: rows with <c>id, prompt, response_a, response_b, score_a, score_b, teacher_response, diagnosis,
    /// refined, refined_score</c>.
    /// </summary>
    /// <param name="path">A .jsonl or .jsonl.gz file, or a folder, of which every such file is read.</param>
    /// <exception cref="RewardModelingException">Nothing is there, or a row is incomplete; the message names path and line.</exception>
    public static RecordedTeacher Load(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string[] files = Directory.Exists(path)
            ? [.. Directory.GetFiles(path, "*.jsonl").Concat(Directory.GetFiles(path, "*.jsonl.gz")).Order(StringComparer.Ordinal)]
            : File.Exists(path) ? [path] : [];
        if (files.Length == 0)
        {
            throw new RewardModelingException($"{path}: found no .jsonl file of recorded replies there. Name such a file or its folder, "
                + "for example data/first-party.");
        }

        // The model's name carries a hash of the recording: after a change of the data a journal must not answer for it.
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        List<RecordedItem> items = [];
        foreach (PairRecord record in files.SelectMany(JsonLines.Read))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(record.Row.GetRawText()));
            items.Add(RecordedItem.Parse(record));
        }

        return items.Count > 0
            ? new RecordedTeacher(path, items, "recorded-" + Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 6)))
            : throw new RewardModelingException($"{path}: found no recorded reply, expected at least one row. Check that the file is "
                + "the one you meant.");
    }

    /// <summary>Answers a request of the teacher transforms.</summary>
    /// <param name="messages">The request.</param>
    /// <param name="options">Says whether the reply is JSON or marked text.</param>
    /// <param name="cancellationToken">Checked once.</param>
    /// <exception cref="RewardModelingException">The recording does not hold the reply.</exception>
    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        RecordedRequest request = RecordedRequest.Parse([.. messages.Select(m => new ConversationTurn(m.Role.Value, m.Text))]);
        string reply = request.Write(Reply(request), options?.ResponseFormat is ChatResponseFormatJson);
        return Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, reply)) { ModelId = _metadata.DefaultModelId, FinishReason = ChatFinishReason.Stop });
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (ChatResponseUpdate update in (await GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false)).ToChatResponseUpdates())
        {
            yield return update;
        }
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(ChatClientMetadata) ? _metadata
            : serviceType.IsInstanceOfType(this) ? this : null;
    }

    /// <summary>Nothing to release.</summary>
    public void Dispose()
    {
    }

    private string[] Reply(RecordedRequest request)
    {
        IEnumerable<RecordedItem> items = _items[request.Prompt];
        IEnumerable<string[]> replies = request.Task switch
        {
            TeacherTasks.ScorePair => items.Where(i => i.ScoreOf(request.Answers[0]) is not null && i.ScoreOf(request.Answers[1]) is not null)
                .Select(i => new[] { Score(i.ScoreOf(request.Answers[0])!.Value), Score(i.ScoreOf(request.Answers[1])!.Value) }),
            TeacherTasks.ScoreSingle => items.Where(i => i.AnyScoreOf(request.Answers[0]) is not null)
                .Select(i => new[] { Score(i.AnyScoreOf(request.Answers[0])!.Value) }),
            TeacherTasks.Refine => items.Where(i => i.Worse == request.Answers[0] && i.TeacherResponse == request.Reference).Select(i => new[] { i.Diagnosis, i.Refined }),
            TeacherTasks.ScoreRefined => items
                .Where(i => i.Worse == request.Answers[0] && i.TeacherResponse == request.Reference && Score(i.WorseScore) == request.ToldScore)
                .Select(i => new[] { Score(i.RefinedScore) }),
            _ => items.Select(i => new[] { i.TeacherResponse }),
        };
        return replies.FirstOrDefault() ?? throw new RewardModelingException(
            $"The recorded teacher {_source} holds no reply for the task {request.Task} on the prompt "
                + $"'{JsonFields.Shorten(request.Prompt.Turns[^1].Content)}'"
            + (items.Any() ? " with these answers and scores" : string.Empty)
            + ". It only repeats its own data set; use a live teacher (for example openai:MODEL) for other pairs.");
    }

    private static string Score(float score) => score.ToString("0.###", CultureInfo.InvariantCulture);
}
