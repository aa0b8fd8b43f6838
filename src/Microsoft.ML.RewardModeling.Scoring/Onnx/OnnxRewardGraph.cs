using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.RewardModeling.Scoring.Onnx;

/// <summary>
/// The graph of an export: <c>input_ids</c> [batch, length] int64 and <c>lengths</c> [batch] int64 to <c>reward</c> [batch] float32.
/// Safe to run from several threads.
/// </summary>
internal sealed class OnnxRewardGraph : IDisposable
{
    public const string FileName = "model.onnx";
    public const string InputIds = "input_ids";
    public const string Lengths = "lengths";
    public const string Reward = "reward";

    private static readonly string[] InputNames = [InputIds, Lengths];
    private static readonly string[] OutputNames = [Reward];
    private readonly InferenceSession _session;
    private readonly RunOptions _runOptions = new();
    private volatile bool _disposed;

    private OnnxRewardGraph(InferenceSession session) => _session = session;

    /// <summary>Opens and checks a graph.</summary>
    public static OnnxRewardGraph Open(string path, Action<SessionOptions>? configure)
    {
        // One thread for one run: several runs at the same time use the cores better than several threads on one run.
        using SessionOptions options = new()
        {
            IntraOpNumThreads = 1,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        configure?.Invoke(options);
        InferenceSession session;
        try
        {
            session = new InferenceSession(path, options);
        }
        catch (OnnxRuntimeException exception)
        {
            throw new RewardScoringException(
                $"{path} cannot be opened by ONNX Runtime: {exception.Message} Expected a graph written by SaveOnnx; export the model again.", exception);
        }

        string? problem = Problem(session);
        if (problem is null)
        {
            return new OnnxRewardGraph(session);
        }

        session.Dispose();
        throw new RewardScoringException(
            $"{path} is not a reward model of this library: {problem}. Expected the inputs {InputIds} (int64 [batch, length]) and {Lengths} (int64 [batch]) "
            + $"and the output {Reward} (float32 [batch]); export the model with SaveOnnx.");
    }

    /// <summary>The reward of one sequence.</summary>
    /// <exception cref="ObjectDisposedException">The scorer is disposed.</exception>
    public float Run(int[] ids)
    {
        ObjectDisposedException.ThrowIf(_disposed, typeof(OnnxRewardScorer));
        long[] wide = new long[ids.Length];
        for (int i = 0; i < wide.Length; i++)
        {
            wide[i] = ids[i];
        }

        using OrtValue inputIds = OrtValue.CreateTensorValueFromMemory(wide, [1, ids.Length]);
        using OrtValue lengths = OrtValue.CreateTensorValueFromMemory(new long[] { ids.Length }, [1]);
        float reward;
        try
        {
            using IDisposableReadOnlyCollection<OrtValue> outputs = _session.Run(_runOptions, InputNames, [inputIds, lengths], OutputNames);
            reward = outputs[0].GetTensorDataAsSpan<float>()[0];
        }
        catch (OnnxRuntimeException exception)
        {
            throw new RewardScoringException(
                $"ONNX Runtime failed on a sequence of {ids.Length} tokens: {exception.Message} Export the model again.", exception);
        }

        return float.IsFinite(reward)
            ? reward
            : throw new RewardScoringException(
                $"The model gives {reward} for a sequence of {ids.Length} tokens; expected a finite reward. Its weights are damaged or "
                + "training diverged: train or export it again.");
    }

    public void Dispose()
    {
        _disposed = true;
        _session.Dispose();
        _runOptions.Dispose();
    }

    private static string? Problem(InferenceSession session)
    {
        foreach ((string name, IReadOnlyDictionary<string, NodeMetadata> nodes, TensorElementType type, int rank) in
            (ReadOnlySpan<(string, IReadOnlyDictionary<string, NodeMetadata>, TensorElementType, int)>)
            [
                (InputIds, session.InputMetadata, TensorElementType.Int64, 2),
                (Lengths, session.InputMetadata, TensorElementType.Int64, 1),
                (Reward, session.OutputMetadata, TensorElementType.Float, 1),
            ])
        {
            if (!nodes.TryGetValue(name, out NodeMetadata? node))
            {
                return $"it has no {name}, only {string.Join(", ", nodes.Keys)}";
            }

            if (!node.IsTensor || node.ElementDataType != type || node.Dimensions.Length != rank)
            {
                return $"{name} is {(node.IsTensor ? $"{node.ElementDataType} of rank {node.Dimensions.Length}" : "no tensor")}";
            }
        }

        string[] others = [.. session.InputMetadata.Keys.Except(InputNames)];
        return others.Length == 0 ? null : $"it has further inputs: {string.Join(", ", others)}";
    }
}
