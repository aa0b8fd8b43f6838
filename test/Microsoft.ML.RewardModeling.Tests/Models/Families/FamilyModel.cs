using System.Text.Json.Nodes;
using Microsoft.ML.RewardModeling.Models;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Tests.Models.Families;

/// <summary>A directory of one case as transformers would write it, the reference that made it, and the model read from it.</summary>
internal sealed class FamilyModel : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public FamilyModel(string name, int seed = 5, int? vocabulary = null)
    {
        Config = FamilyCases.Config(name);
        Config["vocab_size"] = vocabulary ?? (int)Config["vocab_size"]!;
        bool addsOne = ((string)Config["model_type"]!).StartsWith("gemma", StringComparison.Ordinal);
        Tensors = new ReferenceTensors(seed, addsOne);
        Reference = new ReferenceDecoder(Config, Tensors);
        Reference.Logits(Reference.States([1])[0]!);
        Tensors.Save(_folder["model.safetensors"]);
        File.WriteAllText(_folder["config.json"], Config.ToJsonString());
        Model = RewardModel.Load(_folder.Path);
    }

    public JsonObject Config { get; }

    public ReferenceTensors Tensors { get; }

    public ReferenceDecoder Reference { get; }

    public RewardModel Model { get; }

    public string Folder => _folder.Path;

    public void Dispose()
    {
        Model.Dispose();
        _folder.Dispose();
    }
}
