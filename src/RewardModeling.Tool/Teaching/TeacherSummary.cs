using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.ML.RewardModeling;

namespace RewardModeling.Tool.Teaching;

/// <summary>What the work of teachers brought and what it cost.</summary>
internal sealed record TeacherSummary(RowSummary Written, string Unit, TeacherProgress Spent, string Journal)
{
    public JsonObject ToJson(string output)
    {
        JsonObject json = new()
        {
            ["rows"] = Written.Rows,
            ["ok"] = Written.Usable,
            ["failed"] = Counts(Written.Failures),
            ["calls"] = Spent.Calls,
            ["from_journal"] = Spent.JournalHits,
            ["call_failures"] = Spent.Failures,
            ["interrupted"] = Spent.Interrupted,
            ["input_tokens"] = Spent.InputTokens,
            ["output_tokens"] = Spent.OutputTokens,
            ["cost"] = Spent.Cost,
        };
        foreach ((string name, JsonNode? figure) in Written.Figures)
        {
            json[name] = figure?.DeepClone();
        }

        json["out"] = output;
        json["journal"] = Journal;
        return json;
    }

    public string ToText(string output)
    {
        List<string> lines = [string.Create(CultureInfo.InvariantCulture, $"{Written.Usable} of {Written.Rows} {Unit} usable, written to {output}")];
        lines.AddRange(Written.Failures.Select(failure => string.Create(CultureInfo.InvariantCulture, $"  {failure.Value,6}  {failure.Key}")));
        lines.Add(string.Create(CultureInfo.InvariantCulture, $"Teacher: {Spent.Calls} calls paid, {Spent.JournalHits} replies from the journal {Journal}{(Spent.Cost is { } cost ? string.Create(CultureInfo.InvariantCulture, $", cost {cost:0.00##}") : "")}"));
        if (Spent.Interrupted > 0)
        {
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"{Spent.Interrupted} calls were in flight when an earlier run was killed: they may have been paid twice"));
        }

        lines.AddRange(Written.Lines);
        return string.Join(Environment.NewLine, lines);
    }

    /// <summary>The message for a teacher of whose replies nothing could be used.</summary>
    public string NothingUsable()
    {
        (string id, string? status) = Written.First();
        string reasons = string.Join(", ", Written.Failures.Select(failure => $"{failure.Value} x {failure.Key}"));
        string remedy = Written.Failures.Keys.Any(reason => reason.EndsWith("-call-failed", StringComparison.Ordinal))
            ? "Expected a server that answers: check that it is running and that --endpoint, the model's name and the key are right."
            : Written.Failures.Keys.Any(reason => reason.EndsWith("-unparseable", StringComparison.Ordinal))
                ? "Expected replies in the form that the requests ask for: check that --teacher and --endpoint name the right model and that it can follow the form."
                : "Expected rows that a teacher can tell apart: look at the input and at the thresholds of the command.";
        return $"none of the {Written.Rows} {Unit} became usable: {reasons} (for example '{id}': {status}). {remedy} "
            + $"What was asked and answered is in {Journal}; no output file was written.";
    }

    internal static JsonObject Counts(IReadOnlyDictionary<string, int> counts) => new(counts.Select(c => KeyValuePair.Create(c.Key, (JsonNode?)c.Value)));
}
