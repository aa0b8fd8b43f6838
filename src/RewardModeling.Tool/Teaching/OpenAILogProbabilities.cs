using Microsoft.Extensions.AI;
using Microsoft.ML.RewardModeling;
using OpenAI.Chat;

namespace RewardModeling.Tool.Teaching;

/// <summary>Asks OpenAI's client for token log-probabilities and hands them on in the form that the teacher understands.</summary>
internal sealed class OpenAILogProbabilities(IChatClient inner) : DelegatingChatClient(inner)
{
    public override async Task<ChatResponse> GetResponseAsync(
        IEnumerable<Microsoft.Extensions.AI.ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        if (options?.AdditionalProperties?.GetValueOrDefault(TokenLogProbabilities.RequestProperty) is not int alternatives)
        {
            return await base.GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false);
        }

        options = options.Clone();
        options.AdditionalProperties!.Remove(TokenLogProbabilities.RequestProperty);
        options.RawRepresentationFactory = _ => new ChatCompletionOptions { IncludeLogProbabilities = true, TopLogProbabilityCount = alternatives };
        ChatResponse response = await base.GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false);
        if (response.RawRepresentation is ChatCompletion { ContentTokenLogProbabilities: { Count: > 0 } tokens })
        {
            response.AdditionalProperties ??= [];
            response.AdditionalProperties[TokenLogProbabilities.ReplyProperty] = (IReadOnlyList<TokenLogProbabilities>)
                [.. tokens.Select(t => new TokenLogProbabilities(
                    t.Token, t.LogProbability, [.. t.TopLogProbabilities.Select(o => new TokenLogProbability(o.Token, o.LogProbability))]))];
        }

        return response;
    }
}
