using Microsoft.Extensions.AI;
using Microsoft.ML.RewardModeling.Teachers;

namespace Microsoft.ML.RewardModeling;

/// <summary>
/// A chat client as a teacher: every reply goes to a journal before anybody uses it, a repeated request costs nothing,
/// equal requests in flight are one call, and concurrency, retries, deadlines and the budget are kept. Give the same
/// teacher client to several transforms to share its journal and budget. Thread-safe.
/// </summary>
public sealed class TeacherClient : DelegatingChatClient
{
    private readonly TeacherEngine _engine;
    private readonly bool _ownsInner;

    /// <summary>Creates a teacher; nothing is opened or sent yet.</summary>
    /// <param name="innerClient">The chat client to call; disposed with this one.</param>
    /// <param name="options">How to call it; null takes the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of range, or the model has no name.</exception>
    public TeacherClient(IChatClient innerClient, TeacherClientOptions? options = null)
        : this(innerClient, options, ownsInner: true)
    {
    }

    private TeacherClient(IChatClient innerClient, TeacherClientOptions? options, bool ownsInner)
        : base(innerClient)
    {
        Options = options ?? new TeacherClientOptions();
        Options.Validate();
        ModelId = Options.ModelId ?? innerClient.GetService<ChatClientMetadata>()?.DefaultModelId ?? throw new ArgumentException(
            $"The chat client {innerClient.GetType().Name} does not say which model it calls, and the journal keeps replies by model. "
            + $"Set {nameof(TeacherClientOptions)}.{nameof(TeacherClientOptions.ModelId)}.", nameof(innerClient));
        TeacherPrice? price = Options.Prices?.GetValueOrDefault(ModelId);
        if (Options.MaxCost is not null && price is null)
        {
            throw new ArgumentException(
                $"{nameof(TeacherClientOptions.MaxCost)} is set, but {nameof(TeacherClientOptions.Prices)} has no price for the model {ModelId}; "
                + $"it has {(Options.Prices is not { Count: > 0 } ? "none" : string.Join(", ", Options.Prices.Keys))}. Add the model's price.", nameof(options));
        }

        _ownsInner = ownsInner;
        _engine = new TeacherEngine(innerClient, Options, ModelId);
    }

    /// <summary>How the teacher is called.</summary>
    public TeacherClientOptions Options { get; }

    /// <summary>The name under which the journal keeps the replies.</summary>
    public string ModelId { get; }

    /// <summary>What was done so far.</summary>
    public TeacherProgress Progress => _engine.Progress;

    /// <summary>Answers from the journal, or calls the teacher and writes its reply to the journal first.</summary>
    /// <param name="messages">Messages of text.</param>
    /// <param name="options">Sampling settings and reply format; tools are not supported.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="RewardModelingException">The call failed for good, or the budget is used up.</exception>
    public override async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        List<ConversationTurn> turns = [];
        foreach (ChatMessage message in messages)
        {
            turns.Add(message.Contents.All(c => c is TextContent) ? new ConversationTurn(message.Role.Value, message.Text) : throw new NotSupportedException(
                $"Message {turns.Count + 1} holds content that is not text; a teacher's journal keeps text only. Call the inner client "
                    + "for it."));
        }

        if (options?.Tools is { Count: > 0 } || options?.ConversationId is not null)
        {
            throw new NotSupportedException("A teacher takes no tools and no conversation id: its journal could not tell such requests "
                + "apart. Call the inner client for them.");
        }

        TeacherReply reply = await _engine.AskAsync(TeacherTasks.Chat, turns, options ?? new ChatOptions(), isFresh: false, cancellationToken).ConfigureAwait(false);
        return reply.Failure is null
            ? new ChatResponse(new ChatMessage(ChatRole.Assistant, reply.Text)) { ModelId = ModelId, FinishReason = reply.IsCutOff ? ChatFinishReason.Length : ChatFinishReason.Stop }
            : throw new RewardModelingException($"The teacher {ModelId} gave no reply: {reply.Failure}. Run again to try the request "
                + "again.");
    }

    /// <summary>The same as <see cref="GetResponseAsync"/>, handed out in one piece.</summary>
    /// <inheritdoc cref="GetResponseAsync"/>
    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (ChatResponseUpdate update in (await GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false)).ToChatResponseUpdates())
        {
            yield return update;
        }
    }

    /// <summary>The client itself if it is (or wraps) a teacher, else a new teacher around it that leaves it open.</summary>
    internal static (TeacherClient Client, bool IsNew) From(IChatClient client, TeacherClientOptions options)
        => client.GetService<TeacherClient>() is { } teacher ? (teacher, false) : (new TeacherClient(client, options, ownsInner: false), true);

    /// <summary>Asks with this teacher's own settings.</summary>
    internal Task<TeacherReply> AskAsync(TeacherRequest request, CancellationToken cancellationToken)
        => _engine.AskAsync(request.Task, request.Messages, new ChatOptions
        {
            Temperature = request.Temperature ?? Options.Temperature,
            MaxOutputTokens = Options.MaxOutputTokens,
            Seed = request.Seed ?? Options.Seed,
            ResponseFormat = request.Format,
            AdditionalProperties = Options.TopLogProbabilities > 0 && request.Task != TeacherTasks.Refine
                ? new AdditionalPropertiesDictionary { [TokenLogProbabilities.RequestProperty] = Options.TopLogProbabilities }
                : null,
        }, request.IsFresh, cancellationToken);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _engine.Dispose();
        }

        if (_ownsInner)
        {
            base.Dispose(disposing);
        }
    }
}
