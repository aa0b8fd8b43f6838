using Microsoft.Extensions.AI;

namespace Microsoft.ML.RewardModeling.Tests;

/// <summary>A chat client whose replies a test writes; counts requests and how many run at once.</summary>
internal sealed class ScriptedChatClient(Func<IReadOnlyList<ChatMessage>, ChatOptions?, CancellationToken, Task<string>> reply) : IChatClient
{
    private int _calls;
    private int _running;
    private int _mostRunning;

    public ScriptedChatClient(Func<IReadOnlyList<ChatMessage>, string> reply)
        : this((messages, _, _) => Task.FromResult(reply(messages)))
    {
    }

    public int Calls => _calls;

    public int MostRunning => _mostRunning;

    public string? ModelId { get; init; } = "scripted";

    public ChatFinishReason FinishReason { get; init; } = ChatFinishReason.Stop;

    public IReadOnlyList<TokenLogProbabilities>? LogProbabilities { get; init; }

    public List<string> Requests { get; } = [];

    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        List<ChatMessage> all = [.. messages];
        Interlocked.Increment(ref _calls);
        lock (Requests)
        {
            Requests.Add(string.Join("\n----\n", all.Select(m => m.Text)));
            _mostRunning = Math.Max(_mostRunning, ++_running);
        }

        try
        {
            return new ChatResponse(new ChatMessage(ChatRole.Assistant, await reply(all, options, cancellationToken)))
            {
                FinishReason = FinishReason,
                AdditionalProperties = LogProbabilities is null ? null : new AdditionalPropertiesDictionary { [TokenLogProbabilities.ReplyProperty] = LogProbabilities },
                Usage = new UsageDetails { InputTokenCount = 10, OutputTokenCount = 2 },
            };
        }
        finally
        {
            lock (Requests)
            {
                _running--;
            }
        }
    }

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public object? GetService(Type serviceType, object? serviceKey = null)
        => serviceType == typeof(ChatClientMetadata) ? new ChatClientMetadata("test", null, ModelId) : serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose()
    {
    }
}
