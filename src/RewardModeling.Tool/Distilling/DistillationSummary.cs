using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.ML.RewardModeling;

namespace RewardModeling.Tool.Distilling;

/// <summary>What a distillation brought and what it cost.</summary>
internal sealed record DistillationSummary(SavedPairs Pairs, TeacherProgress Spent, string Journal)
{
    public JsonObject ToJson(string output)
    {
        JsonObject failed = [];
        foreach ((string reason, int count) in Pairs.Failures)
        {
            failed[reason] = count;
        }

        return new JsonObject
        {
            ["rows"] = Pairs.Rows,
            ["ok"] = Pairs.Usable,
            ["failed"] = failed,
            ["calls"] = Spent.Calls,
            ["from_journal"] = Spent.JournalHits,
            ["call_failures"] = Spent.Failures,
            ["interrupted"] = Spent.Interrupted,
            ["input_tokens"] = Spent.InputTokens,
            ["output_tokens"] = Spent.OutputTokens,
            ["cost"] = Spent.Cost,
            ["mean_edit_similarity"] = float.IsNaN(Pairs.MeanEditSimilarity) ? null : JsonValue.Create(Pairs.MeanEditSimilarity),
            ["out"] = output,
            ["journal"] = Journal,
        };
    }

    public string ToText(string output)
    {
        List<string> lines = [string.Create(CultureInfo.InvariantCulture, $"{Pairs.Usable} of {Pairs.Rows} pairs usable, written to {output}")];
        lines.AddRange(Pairs.Failures.Select(failure => string.Create(CultureInfo.InvariantCulture, $"  {failure.Value,6}  {failure.Key}")));
        lines.Add(string.Create(CultureInfo.InvariantCulture, $"Teacher: {Spent.Calls} calls paid, {Spent.JournalHits} replies from the journal {Journal}{(Spent.Cost is { } cost ? string.Create(CultureInfo.InvariantCulture, $", cost {cost:0.00##}") : "")}"));
        if (Spent.Interrupted > 0)
        {
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"{Spent.Interrupted} calls were in flight when an earlier run was killed: they may have been paid twice"));
        }

        if (float.IsFinite(Pairs.MeanEditSimilarity))
        {
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"Mean edit similarity {Pairs.MeanEditSimilarity:0.000} (1 = unchanged)"));
        }

        return string.Join(Environment.NewLine, lines);
    }

    /// <summary>The message for a teacher of whose replies nothing could be used.</summary>
    public string NothingUsable(PreferencePair example)
    {
        string reasons = string.Join(", ", Pairs.Failures.Select(failure => $"{failure.Value} x {failure.Key}"));
        string remedy = Pairs.Failures.Keys.Any(reason => reason.EndsWith("-call-failed", StringComparison.Ordinal))
            ? "Expected a server that answers: check that it is running and that --endpoint, the model's name and the key are right."
            : "Expected replies in the form that the requests ask for: check that --teacher and --endpoint name the right model and that it can follow the form.";
        return $"none of the {Pairs.Rows} pairs became usable: {reasons} (for example the pair '{example.Id}': {example.Status}). {remedy} "
            + $"What was asked and answered is in {Journal}; no output file was written.";
    }
}
