using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.ML.RewardModeling;
using RewardModeling.Tool.CommandLine;

namespace RewardModeling.Tool.Teaching;

/// <summary>What one pass in deferred mode took in, what is still outstanding, and what to do next.</summary>
internal sealed class DeferredWave(DeferredCalls calls, TeacherSummary summary, string output, string inputOption)
{
    /// <summary>Results of which none fits are a wrong file or changed options, not progress.</summary>
    /// <exception cref="WorkException">Calls are outstanding, and no result is for any of them.</exception>
    public void RefuseForeignResults()
    {
        if (calls.Results > 0 && calls.Unused == calls.Results && calls.Outstanding > 0)
        {
            throw new WorkException(string.Create(
                CultureInfo.InvariantCulture,
                $"none of the {calls.Results} results of --import belongs to a call that is outstanding ({calls.Outstanding} are). They were imported before, "
                + $"or {inputOption}, --teacher, --temperature or another option is not the one that the batch was written with. {output} was not written: leave --import out if these results are in the journal already."));
        }
    }

    public string NoBatchToWrite() => string.Create(
        CultureInfo.InvariantCulture,
        $"{calls.Outstanding} calls are outstanding ({Imported()}), so {output} was not written. The imported replies are kept in {summary.Journal}: "
        + $"run the same command with --defer BATCH.jsonl in place of --import, and have that batch answered.");

    public JsonObject ToJson(IReadOnlyList<string> files)
    {
        JsonObject json = summary.ToJson(output);
        json["outstanding"] = calls.Outstanding;
        json["batch_files"] = new JsonArray([.. files.Select(file => (JsonNode)file)]);
        json["imported"] = calls.Imported;
        json["failed_results"] = new JsonObject(calls.Failures.Select(failure => KeyValuePair.Create(failure.Key, (JsonNode?)failure.Value)));
        json["unused_results"] = calls.Unused;
        if (calls.Outstanding > 0)
        {
            json["out"] = null;
        }

        return json;
    }

    public string ToText(IReadOnlyList<string> files) => calls.Outstanding == 0
        ? string.Create(CultureInfo.InvariantCulture, $"Nothing is outstanding ({Imported()})") + Environment.NewLine + summary.ToText(output)
        : string.Join(Environment.NewLine, [
            string.Create(CultureInfo.InvariantCulture, $"{calls.Outstanding} calls are outstanding ({Imported()}), written to {string.Join(", ", files)}"),
            string.Create(CultureInfo.InvariantCulture, $"Next: have {(files.Count == 1 ? "this batch" : "these batches")} answered by OpenAI's Batch API or by vllm run-batch,"),
            "then run the same command with --import RESULTS.jsonl --defer NEXT.jsonl. " + output + " is written when nothing is outstanding.",
        ]);

    private string Imported() => calls.Results == 0 ? "no results imported" : string.Create(CultureInfo.InvariantCulture, $"{calls.Imported} replies imported")
        + string.Concat(calls.Failures.Select(failure => string.Create(CultureInfo.InvariantCulture, $", {failure.Value} failed with {failure.Key}")))
        + (calls.Unused > 0 ? string.Create(CultureInfo.InvariantCulture, $", {calls.Unused} results not needed") : "");
}
