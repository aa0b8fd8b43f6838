using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.RewardModeling.Scoring.Tests;

namespace ScorerSpeed;

/// <summary>What ONNX Runtime's own fp32 matrix product reaches on all processors: 2,048 x 2,048 x 2,048.</summary>
internal sealed class MatrixPeak : IDisposable
{
    private const int Size = 2048;
    private readonly InferenceSession _session = new(TinyGraph.Product());
    private readonly RunOptions _options = new();
    private readonly float[] _left = [.. Enumerable.Range(0, Size * Size).Select(i => (i % 17 / 17f) - 0.5f)];
    private readonly float[] _right = [.. Enumerable.Range(0, Size * Size).Select(i => (i % 13 / 13f) - 0.5f)];

    /// <summary>Floating-point operations a second of one product.</summary>
    public double Measure()
    {
        using OrtValue left = OrtValue.CreateTensorValueFromMemory(_left, [Size, Size]);
        using OrtValue right = OrtValue.CreateTensorValueFromMemory(_right, [Size, Size]);
        long start = Stopwatch.GetTimestamp();
        using IDisposableReadOnlyCollection<OrtValue> outputs = _session.Run(_options, ["left", "right"], [left, right], ["product"]);
        return 2.0 * Size * Size * Size / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    public void Dispose()
    {
        _session.Dispose();
        _options.Dispose();
    }
}
