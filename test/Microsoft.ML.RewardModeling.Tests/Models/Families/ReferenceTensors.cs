using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;

namespace Microsoft.ML.RewardModeling.Tests.Models.Families;

/// <summary>
/// Random tensors that come to be when they are asked for, by name and shape, and can be written as
/// <c>model.safetensors</c>. What a reference asks for is what a model directory must hold.
/// </summary>
internal sealed class ReferenceTensors(int seed, bool normsAddOne)
{
    private readonly SortedDictionary<string, (int[] Shape, double[] Values)> _tensors = new(StringComparer.Ordinal);

    public IEnumerable<string> Names => _tensors.Keys;

    public double[] this[string name, params int[] shape]
    {
        get
        {
            if (!_tensors.TryGetValue(name, out (int[] Shape, double[] Values) tensor))
            {
                tensor = (shape, Random(name, shape));
                _tensors.Add(name, tensor);
            }

            return tensor.Shape.SequenceEqual(shape) ? tensor.Values : throw new InvalidOperationException($"{name} has two shapes.");
        }
    }

    /// <summary>Writes every tensor asked for so far: a header of 8 bytes length and JSON, then the values.</summary>
    public void Save(string path)
    {
        JsonObject header = [];
        long at = 0;
        foreach ((string name, (int[] shape, double[] values)) in _tensors)
        {
            header[name] = new JsonObject
            {
                ["dtype"] = "F32",
                ["shape"] = new JsonArray([.. shape.Select(size => (JsonNode)size)]),
                ["data_offsets"] = new JsonArray(at, at + (4L * values.Length)),
            };
            at += 4L * values.Length;
        }

        byte[] json = Encoding.UTF8.GetBytes(header.ToJsonString());
        using FileStream file = File.Create(path);
        file.Write(BitConverter.GetBytes((long)json.Length));
        file.Write(json);
        foreach ((int[] _, double[] values) in _tensors.Values)
        {
            file.Write(MemoryMarshal.AsBytes<float>(values.Select(value => (float)value).ToArray()));
        }
    }

    /// <summary>Large enough that every part of the network matters; exactly representable in float32.</summary>
    private double[] Random(string name, int[] shape)
    {
        Random random = new(name.Aggregate(seed, (hash, c) => unchecked((hash * 31) + c)));
        bool norm = name.EndsWith("norm.weight", StringComparison.Ordinal);
        double width = norm || shape.Length == 1 ? 0.4
            : name.StartsWith("model.embed", StringComparison.Ordinal) ? 0.7
            : 1.1 * Math.Sqrt(3.0 / shape[1]);
        double middle = norm && !normsAddOne ? 1 : 0;
        return [.. Enumerable.Range(0, shape.Aggregate(1, (a, b) => a * b)).Select(_ => (double)(float)(middle + (((2 * random.NextDouble()) - 1) * width)))];
    }
}
