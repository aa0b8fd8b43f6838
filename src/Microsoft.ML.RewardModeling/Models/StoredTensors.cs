using Microsoft.ML.RewardModeling.Models.Heads;
using Microsoft.ML.RewardModeling.Models.Weights;

namespace Microsoft.ML.RewardModeling.Models;

/// <summary>
/// What the tensors of a model are called in a directory, whoever wrote it. The backbone may be stored bare
/// (<c>layers.0…</c>), as transformers stores it (<c>model.layers.0…</c>) or inside a wrapper
/// (<c>pretrained_model.model.layers.0…</c>); the reward head has many names.
/// </summary>
internal sealed class StoredTensors
{
    private const string Backbone = "model.";
    private const string Marker = "layers.0.input_layernorm.weight";

    /// <summary>
    /// <c>score</c>: transformers, OpenRLHF, Qwen2ForRewardModel; <c>v_head.summary</c>: TRL and LLaMA-Factory; <c>v_head</c>:
    /// DeepSpeed-Chat; <c>value_head</c>: OpenRLHF.
    /// </summary>
    private static readonly string[] HeadNames = ["score", "v_head.summary", "v_head", "value_head.summary", "value_head"];

    private readonly string _backbone;
    private readonly string _outer;
    private readonly Dictionary<string, string> _headParts = new(StringComparer.Ordinal);

    private StoredTensors(string backbone)
    {
        _backbone = backbone;
        bool wrapped = backbone == Backbone || backbone.EndsWith("." + Backbone, StringComparison.Ordinal);
        _outer = wrapped ? backbone[..^Backbone.Length] : backbone;
    }

    /// <summary>The reward head that is stored; null for none.</summary>
    public HeadPlan? Head { get; private set; }

    /// <summary>The head's name in the directory, such as <c>v_head.summary</c>; null for none.</summary>
    public string? HeadName { get; private set; }

    /// <exception cref="RewardModelingException">There are several reward heads.</exception>
    public static StoredTensors Find(WeightsDirectory weights)
    {
        string? first = weights.Tensors.Keys.Where(IsFirstNorm).MinBy(name => name.Length);
        StoredTensors stored = new(first is null ? Backbone : first[..^Marker.Length]);
        string[] found = [.. HeadNames.SelectMany(name => new[] { stored._outer + name, name }).Distinct().Where(name => stored.TakeHead(weights, name))];
        return found.Length <= 1 ? stored : throw new RewardModelingException(
            $"{weights.Directory}: there are several reward heads ({string.Join(", ", found)}); expected one. Delete the tensors of the others.");
    }

    /// <summary>The name in the directory of a tensor of this library's network.</summary>
    public string NameOf(string name)
    {
        if (name.StartsWith(Backbone, StringComparison.Ordinal))
        {
            return _backbone + name[Backbone.Length..];
        }

        int end = name.LastIndexOf('.');
        return _headParts.TryGetValue(name[..end], out string? part) ? part + name[end..] : HeadPlan.Owns(name) ? name : _outer + name;
    }

    private static bool IsFirstNorm(string name)
        => name.EndsWith(Marker, StringComparison.Ordinal) && (name.Length == Marker.Length || name[^(Marker.Length + 1)] == '.');

    private bool TakeHead(WeightsDirectory weights, string name)
    {
        if (weights.TryGet($"{name}.weight", out SafetensorsTensor? linear) && linear.Shape.Count == 2)
        {
            Take(new HeadPlan(RewardHeadKind.Linear, weights.TryGet($"{name}.bias", out _), 0), name, [name]);
            return true;
        }

        // A sequential module counts its parts: with dropout between them the second linear map is number 3.
        string? second = new[] { $"{name}.2", $"{name}.3" }.FirstOrDefault(part => weights.TryGet($"{part}.weight", out _));
        if (second is null || !weights.TryGet($"{name}.0.weight", out SafetensorsTensor? inner) || inner.Shape is not [> 0 and <= int.MaxValue, _])
        {
            return false;
        }

        Take(new HeadPlan(RewardHeadKind.Mlp, weights.TryGet($"{name}.0.bias", out _), (int)inner.Shape[0]), name, [$"{name}.0", second]);
        return true;
    }

    private void Take(HeadPlan head, string name, string[] parts)
    {
        (Head, HeadName) = (head, name);
        foreach ((string own, string stored) in head.Parts.Zip(parts))
        {
            _headParts[own] = stored;
        }
    }
}
