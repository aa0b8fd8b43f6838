using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Models;

/// <summary>The trainable tensors of a model under their Hugging Face names, in a fixed order; owns them.</summary>
internal sealed class ParameterStore(bool trainable = true) : IDisposable
{
    private readonly OrderedDictionary<string, Tensor> _tensors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, MappedPages> _pages = new(StringComparer.Ordinal);
    private IDisposable? _memory;

    /// <summary>Whether the tensors are float32 in memory of their own, so that they may change.</summary>
    public bool IsTrainable { get; } = trainable;

    public IReadOnlyList<KeyValuePair<string, Tensor>> Items => [.. _tensors];

    public long Count => _tensors.Values.Sum(tensor => tensor.numel());

    public Tensor this[string name] => _tensors[name];

    public Tensor? Find(string name) => _tensors.GetValueOrDefault(name);

    /// <summary>SHA-256 over names, shapes and values, in their order; lower-case hexadecimal.</summary>
    public string Hash()
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((string name, Tensor tensor) in _tensors)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{name} {string.Join(',', tensor.shape)}\n"));
            ModelWeights.VisitParts(tensor, (_, values) => hash.AppendData(MemoryMarshal.AsBytes(values)));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Takes over a tensor and makes it trainable, if the store is.</summary>
    public void Add(string name, Tensor value)
    {
        if (IsTrainable)
        {
            value.requires_grad_(true);
        }

        _tensors.Add(name, value.DetachFromDisposeScope());
    }

    /// <summary>The file pages of a narrow tensor that lies in a mapped file; null for tensors in memory of their own.</summary>
    public MappedPages? PagesOf(string name) => _pages.GetValueOrDefault(name);

    /// <summary>Says that a tensor lies in a mapped file.</summary>
    public void SetPages(string name, MappedPages pages) => _pages[name] = pages;

    /// <summary>Takes over what the tensors' memory belongs to; it is freed after them.</summary>
    public void Own(IDisposable memory) => _memory = memory;

    public void Dispose()
    {
        foreach (Tensor tensor in _tensors.Values)
        {
            tensor.Dispose();
        }

        _memory?.Dispose();
    }
}
