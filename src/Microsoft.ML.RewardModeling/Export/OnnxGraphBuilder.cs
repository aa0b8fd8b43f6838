using System.Globalization;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Microsoft.ML.RewardModeling.Export.Onnx;

namespace Microsoft.ML.RewardModeling.Export;

/// <summary>
/// Adds nodes and constants to one ONNX graph. Constants stay inside the graph, or, when a data file is given, go there
/// one by one so that only one tensor is in memory.
/// </summary>
internal sealed class OnnxGraphBuilder : IDisposable
{
    // Page-aligned tensors can be used by the runtime as they lie in the mapped file.
    private const int Alignment = 4096;

    private readonly FileStream? _data;
    private readonly string _dataName;

    public OnnxGraphBuilder(string graphName, string? externalDataPath)
    {
        Graph = new GraphProto { Name = graphName };
        _dataName = Path.GetFileName(externalDataPath) ?? string.Empty;
        _data = externalDataPath is null ? null : new FileStream(externalDataPath, FileMode.CreateNew, FileAccess.Write);
    }

    public GraphProto Graph { get; }

    public void Input(string name, TensorProto.Types.DataType type, params string[] dimensions)
        => Graph.Input.Add(Value(name, type, dimensions));

    public void Output(string name, TensorProto.Types.DataType type, params string[] dimensions)
        => Graph.Output.Add(Value(name, type, dimensions));

    /// <summary>Adds a node with one output and returns the output's name, which is the node's name.</summary>
    public string Node(string operation, string name, string[] inputs, params ReadOnlySpan<(string Name, object Value)> attributes)
    {
        var node = new NodeProto { OpType = operation, Name = name };
        node.Input.AddRange(inputs);
        node.Output.Add(name);
        foreach ((string key, object value) in attributes)
        {
            node.Attribute.Add(Attribute(key, value));
        }

        Graph.Node.Add(node);
        return name;
    }

    public string Constant(string name, ReadOnlySpan<float> values, params long[] shape)
        => Add(name, TensorProto.Types.DataType.Float, MemoryMarshal.AsBytes(values), shape, large: true);

    public string Constant(string name, ReadOnlySpan<long> values, params long[] shape)
        => Add(name, TensorProto.Types.DataType.Int64, MemoryMarshal.AsBytes(values), shape, large: false);

    public void Dispose() => _data?.Dispose();

    private string Add(string name, TensorProto.Types.DataType type, ReadOnlySpan<byte> bytes, long[] shape, bool large)
    {
        var tensor = new TensorProto { Name = name, DataType = (int)type };
        tensor.Dims.AddRange(shape);
        if (_data is null || !large)
        {
            tensor.RawData = ByteString.CopyFrom(bytes);
        }
        else
        {
            _data.Position = (_data.Position + Alignment - 1) / Alignment * Alignment;
            tensor.DataLocation = TensorProto.Types.DataLocation.External;
            tensor.ExternalData.Add(Entry("location", _dataName));
            tensor.ExternalData.Add(Entry("offset", _data.Position.ToString(CultureInfo.InvariantCulture)));
            tensor.ExternalData.Add(Entry("length", bytes.Length.ToString(CultureInfo.InvariantCulture)));
            _data.Write(bytes);
        }

        Graph.Initializer.Add(tensor);
        return name;
    }

    private static AttributeProto Attribute(string name, object value)
    {
        var attribute = new AttributeProto { Name = name };
        switch (value)
        {
            case float number:
                (attribute.F, attribute.Type) = (number, AttributeProto.Types.AttributeType.Float);
                break;
            case long[] numbers:
                attribute.Ints.AddRange(numbers);
                attribute.Type = AttributeProto.Types.AttributeType.Ints;
                break;
            case string text:
                (attribute.S, attribute.Type) = (ByteString.CopyFromUtf8(text), AttributeProto.Types.AttributeType.String);
                break;
            default:
                (attribute.I, attribute.Type) = (Convert.ToInt64(value, CultureInfo.InvariantCulture), AttributeProto.Types.AttributeType.Int);
                break;
        }

        return attribute;
    }

    private static ValueInfoProto Value(string name, TensorProto.Types.DataType type, string[] dimensions)
    {
        var shape = new TensorShapeProto();
        shape.Dim.AddRange(dimensions.Select(d => new TensorShapeProto.Types.Dimension { DimParam = d }));
        return new ValueInfoProto
        {
            Name = name,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = shape } },
        };
    }

    internal static StringStringEntryProto Entry(string key, string value) => new() { Key = key, Value = value };
}
