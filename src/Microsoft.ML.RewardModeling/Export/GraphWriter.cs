using System.Globalization;
using Google.Protobuf;
using Microsoft.ML.RewardModeling.Export.Onnx;
using Microsoft.ML.RewardModeling.Export.Quantization;
using Microsoft.ML.RewardModeling.Models;
using Microsoft.ML.RewardModeling.Models.Plans;
using Microsoft.ML.RewardModeling.Models.Weights;
using DataType = Microsoft.ML.RewardModeling.Export.Onnx.TensorProto.Types.DataType;

namespace Microsoft.ML.RewardModeling.Export;

/// <summary>Writes graphs of one model to files.</summary>
internal sealed class GraphWriter(BackboneConfig config, DecoderPlan plan, WeightsDirectory files, int maxLength, string modelHash, OnnxExportOptions options, CancellationToken cancellationToken)
{
    /// <summary>Tensors of further models whose reward heads join this one's.</summary>
    public IReadOnlyList<ExportWeights> MoreHeads { get; init; } = [];

    public DecoderPlan Plan => plan;

    /// <summary>The model's tensors, to be stored in a type.</summary>
    public ExportWeights Weights(DataType type) => new(config, plan, files, type);

    /// <summary>Writes a graph with its weights inside, or beside it where they are many; more of its values may become outputs.</summary>
    public void Write(string path, ExportWeights weights, GraphForm form, QuantizationPlan quantization, IEnumerable<string> moreOutputs)
    {
        Delete(path);
        using ExternalData? data = weights.SingleByteLength > options.ExternalDataThreshold ? new ExternalData(path + ".data") : null;
        Write(path, weights, form, quantization, data, moreOutputs);
    }

    /// <summary>Writes a graph with its large weights in <paramref name="data"/>, inside it for null; gives the names of its operators that only ONNX Runtime has.</summary>
    public string[] Write(string path, ExportWeights weights, GraphForm form, QuantizationPlan quantization, ExternalData? data, IEnumerable<string>? moreOutputs = null)
    {
        var graph = new OnnxGraphBuilder(config.Architecture, data);
        DecoderOnnxGraph.Build(new GraphRecipe(plan, weights, [weights, .. MoreHeads], maxLength, form, quantization, options.AttentionBlocksFor(maxLength)), graph, cancellationToken);
        foreach (string output in moreOutputs ?? [])
        {
            graph.Output(output, DataType.Float, "batch", "tokens", "channels");
        }

        var model = new ModelProto
        {
            IrVersion = DecoderOnnxGraph.IrVersion,
            ProducerName = "Microsoft.ML.RewardModeling",
            ProducerVersion = OnnxExporter.Version(),
            Graph = graph.Graph,
        };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = DecoderOnnxGraph.Opset });
        string[] operators = graph.ContributedOperators;
        if (operators.Length > 0)
        {
            model.OpsetImport.Add(new OperatorSetIdProto { Domain = OnnxGraphBuilder.ContributedDomain, Version = 1 });
        }

        model.MetadataProps.Add(OnnxGraphBuilder.Entry("architecture", config.Architecture));
        model.MetadataProps.Add(OnnxGraphBuilder.Entry("max_length", maxLength.ToString(CultureInfo.InvariantCulture)));
        model.MetadataProps.Add(OnnxGraphBuilder.Entry("model_sha256", modelHash));
        model.MetadataProps.Add(OnnxGraphBuilder.Entry("precision", options.Precision));
        using FileStream stream = File.Create(path);
        model.WriteTo(stream);
        return operators;
    }

    /// <summary>Removes a graph and the file of its weights.</summary>
    public static void Delete(string path)
    {
        File.Delete(path);
        File.Delete(path + ".data");
    }
}
