using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML.RewardModeling.Models;
using Microsoft.ML.RewardModeling.Models.Heads;
using Microsoft.ML.RewardModeling.Models.Weights;

namespace Microsoft.ML.RewardModeling.Training;

/// <summary>Adapters as Hugging Face's PEFT reads them: <c>adapter_config.json</c> and <c>adapter_model.safetensors</c>.</summary>
internal static class PeftAdapter
{
    private const string Prefix = "base_model.model.";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Writes adapters and the reward head.</summary>
    /// <exception cref="RewardModelingException">The folder cannot be written.</exception>
    public static void Save(string directory, ParameterStore parameters, LoraOptions options, string? backbone)
    {
        try
        {
            Directory.CreateDirectory(directory);
            SafetensorsWriter.Write(
                Path.Combine(directory, "adapter_model.safetensors"),
                parameters.Items.Select(item => new SafetensorsSource(
                    Prefix + item.Key, "F32", item.Value.shape, stream => SavedTensor.Write(stream, item.Key, item.Value, "F32"))),
                new Dictionary<string, string> { ["format"] = "pt" });
            string json = Config(parameters, options, backbone).ToJsonString(Indented) + "\n";
            AtomicFile.Replace(Path.Combine(directory, "adapter_config.json"), stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(json)));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new RewardModelingException($"{directory}: the adapters cannot be written ({error.Message}). Choose a folder that can be written.", error);
        }
    }

    private static JsonObject Config(ParameterStore parameters, LoraOptions options, string? backbone)
    {
        const string Down = ".lora_A.weight";
        string[] targets =
        [
            .. parameters.Items.Where(item => item.Key.EndsWith(Down, StringComparison.Ordinal)).Select(item => item.Key[..^Down.Length].Split('.')[^1]).Distinct(),
        ];
        bool scores = parameters.Items.Any(item => HeadPlan.Owns(item.Key));
        return new JsonObject
        {
            ["peft_type"] = "LORA",
            ["task_type"] = scores ? "SEQ_CLS" : "CAUSAL_LM",
            ["base_model_name_or_path"] = backbone,
            ["r"] = options.Rank,
            ["lora_alpha"] = options.Alpha,
            ["lora_dropout"] = options.Dropout,
            ["target_modules"] = new JsonArray([.. targets.Select(target => (JsonNode)target)]),
            ["modules_to_save"] = scores ? new JsonArray(HeadPlan.Name) : null,
            ["bias"] = "none",
            ["fan_in_fan_out"] = false,
            ["inference_mode"] = true,
            ["init_lora_weights"] = true,
        };
    }
}
