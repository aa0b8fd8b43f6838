using Microsoft.ML.OnnxRuntime;

namespace ScorerSpeed;

/// <summary>ONNX Runtime as one would use it without this library: a default session and padded batches.</summary>
internal sealed class BareRuntime(string model) : IDisposable
{
    private readonly InferenceSession _session = new(model);
    private readonly RunOptions _options = new();

    public float[] Run(IReadOnlyList<int[]> rows)
    {
        int longest = rows.Max(ids => ids.Length);
        long[] padded = new long[rows.Count * longest];
        for (int row = 0; row < rows.Count; row++)
        {
            for (int i = 0; i < rows[row].Length; i++)
            {
                padded[(row * longest) + i] = rows[row][i];
            }
        }

        long[] lengths = [.. rows.Select(ids => (long)ids.Length)];
        using OrtValue ids = OrtValue.CreateTensorValueFromMemory(padded, [rows.Count, longest]);
        using OrtValue counts = OrtValue.CreateTensorValueFromMemory(lengths, [rows.Count]);
        using IDisposableReadOnlyCollection<OrtValue> outputs = _session.Run(_options, ["input_ids", "lengths"], [ids, counts], ["reward"]);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }

    public void Dispose()
    {
        _session.Dispose();
        _options.Dispose();
    }
}
