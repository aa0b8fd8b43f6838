using System.Globalization;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Microsoft.ML.RewardModeling.Export.Onnx;
using DataType = Microsoft.ML.RewardModeling.Export.Onnx.TensorProto.Types.DataType;

namespace Microsoft.ML.RewardModeling.Export;

/// <summary>Adds nodes and constants to one ONNX graph. Weights stay inside the graph or go to a data file.</summary>
internal sealed class OnnxGraphBuilder(string graphName, ExternalData? data)
{
    /// <summary>The domain of operators that only ONNX Runtime has.</summary>
    public const string ContributedDomain = "com.microsoft";

    public GraphProto Graph { get; } = new() { Name = graphName };

    /// <summary>Names of the operators that only ONNX Runtime has, in the order of the alphabet.</summary>
    public string[] ContributedOperators
        => [.. Graph.Node.Where(node => node.Domain == ContributedDomain).Select(node => node.OpType).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>An input; a dimension that is a number is fixed.</summary>
    public string Input(string name, DataType type, params string[] dimensions)
    {
        Graph.Input.Add(Value(name, type, dimensions));
        return name;
    }

    public void Output(string name, DataType type, params string[] dimensions)
        => Graph.Output.Add(Value(name, type, dimensions));

    /// <summary>An output of a branch, whose shape follows from its nodes.</summary>
    public void BranchOutput(string name, DataType type) => Graph.Output.Add(new ValueInfoProto
    {
        Name = name,
        Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type } },
    });

    /// <summary>Adds a node with one output and returns the output's name, which is the node's name.</summary>
    public string Node(string operation, string name, string[] inputs, params ReadOnlySpan<(string Name, object Value)> attributes)
        => Node(operation, [name], inputs, attributes);

    /// <summary>Adds a node with several outputs, named after the first, and returns that one's name.</summary>
    public string Node(string operation, string[] outputs, string[] inputs, params ReadOnlySpan<(string Name, object Value)> attributes)
    {
        var node = new NodeProto { OpType = operation, Name = outputs[0] };
        node.Input.AddRange(inputs);
        node.Output.AddRange(outputs);
        foreach ((string key, object value) in attributes)
        {
            node.Attribute.Add(Attribute(key, value));
        }

        Graph.Node.Add(node);
        return outputs[0];
    }

    /// <summary>The same with an operator that only ONNX Runtime has.</summary>
    public string Contributed(string operation, string[] outputs, string[] inputs, params ReadOnlySpan<(string Name, object Value)> attributes)
    {
        string result = Node(operation, outputs, inputs, attributes);
        Graph.Node[^1].Domain = ContributedDomain;
        return result;
    }

    /// <summary>A small constant, inside the graph.</summary>
    public string Constant(string name, ReadOnlySpan<float> values, params long[] shape)
        => Inside(name, DataType.Float, ByteString.CopyFrom(MemoryMarshal.AsBytes(values)), shape);

    /// <summary>A small constant, inside the graph.</summary>
    public string Constant(string name, ReadOnlySpan<long> values, params long[] shape)
        => Inside(name, DataType.Int64, ByteString.CopyFrom(MemoryMarshal.AsBytes(values)), shape);

    /// <summary>A small constant, inside the graph.</summary>
    public string Constant(string name, ReadOnlySpan<byte> values, params long[] shape) => Inside(name, DataType.Uint8, ByteString.CopyFrom(values), shape);

    /// <summary>A large constant, in the data file if there is one.</summary>
    public string Weight(string name, TensorValues values)
    {
        if (data is null)
        {
            using MemoryStream bytes = new(checked((int)values.ByteLength));
            values.WriteTo(bytes);
            return Inside(name, values.Type, UnsafeByteOperations.UnsafeWrap(bytes.GetBuffer()), values.Shape);
        }

        TensorProto tensor = Tensor(name, values.Type, values.Shape);
        data.Attach(tensor, values);
        Graph.Initializer.Add(tensor);
        return name;
    }

    internal static StringStringEntryProto Entry(string key, string value) => new() { Key = key, Value = value };

    private string Inside(string name, DataType type, ByteString bytes, long[] shape)
    {
        TensorProto tensor = Tensor(name, type, shape);
        tensor.RawData = bytes;
        Graph.Initializer.Add(tensor);
        return name;
    }

    private static TensorProto Tensor(string name, DataType type, long[] shape)
    {
        var tensor = new TensorProto { Name = name, DataType = (int)type };
        tensor.Dims.AddRange(shape);
        return tensor;
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
            case GraphProto branch:
                (attribute.G, attribute.Type) = (branch, AttributeProto.Types.AttributeType.Graph);
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

    private static ValueInfoProto Value(string name, DataType type, string[] dimensions)
    {
        var shape = new TensorShapeProto();
        shape.Dim.AddRange(dimensions.Select(dimension => long.TryParse(dimension, NumberStyles.None, CultureInfo.InvariantCulture, out long size)
            ? new TensorShapeProto.Types.Dimension { DimValue = size }
            : new TensorShapeProto.Types.Dimension { DimParam = dimension }));
        return new ValueInfoProto
        {
            Name = name,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = shape } },
        };
    }
}
