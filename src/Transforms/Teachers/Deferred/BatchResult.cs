using System.Text.Json;

namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>Reads one result of a batch: a chat completion, or why there is none.</summary>
internal static class BatchResult
{
    public static ImportedReply Read(JsonElement result)
    {
        JsonElement response = Get(result, "response");
        int status = Get(response, "status_code") is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out int code) ? code : 200;
        if (status is < 200 or > 299)
        {
            return new ImportedReply { Failure = BatchFailures.Of(status) };
        }

        JsonElement body = Get(response, "body");
        JsonElement choices = Get(body, "choices");
        if (Get(result, "error").ValueKind == JsonValueKind.Object || choices.ValueKind != JsonValueKind.Array || choices.GetArrayLength() == 0)
        {
            return new ImportedReply { Failure = BatchFailures.Of(TextOf(Get(Get(result, "error"), "code"))) };
        }

        JsonElement choice = choices[0];
        JsonElement usage = Get(body, "usage");
        return new ImportedReply
        {
            Text = TextOf(Get(Get(choice, "message"), "content")) ?? string.Empty,
            IsCutOff = TextOf(Get(choice, "finish_reason")) == "length",
            InputTokens = Whole(Get(usage, "prompt_tokens")),
            OutputTokens = Whole(Get(usage, "completion_tokens")),
            LogProbabilities = Tokens(Get(Get(choice, "logprobs"), "content")),
        };
    }

    private static IReadOnlyList<TokenLogProbabilities>? Tokens(JsonElement content)
        => content.ValueKind != JsonValueKind.Array ? null
        : [.. content.EnumerateArray().Select(t => new TokenLogProbabilities(
            TextOf(Get(t, "token")) ?? string.Empty, LogProbability(t), Get(t, "top_logprobs") is { ValueKind: JsonValueKind.Array } top
                ? [.. top.EnumerateArray().Select(o => new TokenLogProbability(TextOf(Get(o, "token")) ?? string.Empty, LogProbability(o)))]
                : []))];

    private static float LogProbability(JsonElement token)
        => Get(token, "logprob") is { ValueKind: JsonValueKind.Number } value && value.TryGetSingle(out float number) ? number : float.NegativeInfinity;

    private static JsonElement Get(JsonElement parent, string name)
        => parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out JsonElement value) ? value : default;

    // A text with half a surrogate pair has no string form; a reply without text is asked for again.
    private static string? TextOf(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static long? Whole(JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number) ? number : null;
}
