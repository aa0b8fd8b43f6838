using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.AI;

namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>
/// Measurements and activities under the name <c>Microsoft.ML.RewardModeling</c>, named as OpenTelemetry's conventions for
/// generative AI say (gen_ai.*); what they have no name for is <c>reward_modeling.teacher.*</c>.
/// </summary>
internal sealed class TeacherTelemetry : IDisposable
{
    public const string Name = "Microsoft.ML.RewardModeling";

    private readonly ActivitySource _source = new(Name);
    private readonly Meter _meter = new(Name);
    private readonly Histogram<double> _duration;
    private readonly Histogram<long> _tokens;
    private readonly Counter<long> _journalHits;
    private readonly Counter<long> _retries;
    private readonly string _model;
    private readonly string _provider;

    public TeacherTelemetry(IChatClient client, string model)
    {
        _model = model;
        _provider = client.GetService<ChatClientMetadata>()?.ProviderName ?? "unknown";
        _duration = _meter.CreateHistogram<double>("gen_ai.client.operation.duration", "s", "Duration of one request to the teacher.");
        _tokens = _meter.CreateHistogram<long>("gen_ai.client.token.usage", "{token}", "Tokens of one request to the teacher.");
        _journalHits = _meter.CreateCounter<long>("reward_modeling.teacher.journal_hits", "{request}", "Requests answered from the journal.");
        _retries = _meter.CreateCounter<long>("reward_modeling.teacher.retries", "{request}", "Requests sent again.");
    }

    public Activity? StartCall(string task, int attempt)
    {
        if (attempt > 1)
        {
            _retries.Add(1, Tags().ToArray());
        }

        Activity? activity = _source.StartActivity($"chat {_model}", ActivityKind.Client);
        activity?.SetTag("gen_ai.operation.name", "chat");
        activity?.SetTag("gen_ai.provider.name", _provider);
        activity?.SetTag("gen_ai.request.model", _model);
        activity?.SetTag("reward_modeling.teacher.task", task);
        activity?.SetTag("reward_modeling.teacher.attempt", attempt);
        return activity;
    }

    public void EndCall(Activity? activity, TimeSpan duration, ChatResponse? response, string? failure)
    {
        TagList tags = Tags();
        if (failure is not null)
        {
            tags.Add("error.type", failure);
            activity?.SetTag("error.type", failure);
            activity?.SetStatus(ActivityStatusCode.Error, failure);
        }

        _duration.Record(duration.TotalSeconds, tags);
        Record(activity, "input", response?.Usage?.InputTokenCount);
        Record(activity, "output", response?.Usage?.OutputTokenCount);
        activity?.Dispose();
    }

    public void JournalHit() => _journalHits.Add(1, Tags().ToArray());

    public void Dispose()
    {
        _source.Dispose();
        _meter.Dispose();
    }

    private void Record(Activity? activity, string type, long? tokens)
    {
        if (tokens is { } count)
        {
            TagList tags = Tags();
            tags.Add("gen_ai.token.type", type);
            _tokens.Record(count, tags);
            activity?.SetTag($"gen_ai.usage.{type}_tokens", count);
        }
    }

    private TagList Tags() => new()
    {
        { "gen_ai.operation.name", "chat" },
        { "gen_ai.provider.name", _provider },
        { "gen_ai.request.model", _model },
    };
}
