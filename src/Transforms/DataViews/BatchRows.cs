namespace Microsoft.ML.RewardModeling.DataViews;

/// <summary>The rows of one batch: inputs to read, outputs to write. Different rows may be worked on by different threads.</summary>
internal sealed class BatchRows
{
    private readonly ReadOnlyMemory<char>[]?[] _inputTexts;
    private readonly float[]?[] _inputSingles;
    private readonly ReadOnlyMemory<char>[]?[] _outputTexts;
    private readonly float[]?[] _outputSingles;

    public BatchRows(IBatchMapping mapping, IReadOnlyList<bool> boundInputs, IReadOnlyList<bool> activeOutputs)
    {
        Capacity = mapping.BatchSize;
        BoundInputs = boundInputs;
        ActiveOutputs = activeOutputs;
        _inputTexts = Allocate<ReadOnlyMemory<char>>(mapping.Inputs.Count, i => boundInputs[i] && mapping.Inputs[i].Kind == ColumnKind.Text);
        _inputSingles = Allocate<float>(mapping.Inputs.Count, i => boundInputs[i] && mapping.Inputs[i].Kind == ColumnKind.Single);
        _outputTexts = Allocate<ReadOnlyMemory<char>>(mapping.Outputs.Count, i => activeOutputs[i] && mapping.Outputs[i].Kind == ColumnKind.Text);
        _outputSingles = Allocate<float>(mapping.Outputs.Count, i => activeOutputs[i] && mapping.Outputs[i].Kind == ColumnKind.Single);
    }

    /// <summary>Rows that fit.</summary>
    public int Capacity { get; }

    /// <summary>Rows that are filled.</summary>
    public int Count { get; set; }

    /// <summary>Per input: present in the view and needed for the active outputs.</summary>
    public IReadOnlyList<bool> BoundInputs { get; }

    /// <summary>Per output: somebody asked for it.</summary>
    public IReadOnlyList<bool> ActiveOutputs { get; }

    /// <summary>The text of an input; empty where the input is not bound.</summary>
    public ReadOnlyMemory<char> GetText(int input, int row) => _inputTexts[input] is { } values ? values[row] : default;

    /// <summary>The number of an input; NaN where the input is not bound.</summary>
    public float GetSingle(int input, int row) => _inputSingles[input] is { } values ? values[row] : float.NaN;

    /// <summary>Writes an output; ignored when nobody asked for it.</summary>
    public void SetText(int output, int row, string value)
    {
        if (_outputTexts[output] is { } values)
        {
            values[row] = value.AsMemory();
        }
    }

    /// <summary>Writes an output; ignored when nobody asked for it.</summary>
    public void SetSingle(int output, int row, float value)
    {
        if (_outputSingles[output] is { } values)
        {
            values[row] = value;
        }
    }

    internal ReadOnlyMemory<char> GetOutputText(int output, int row) => _outputTexts[output]![row];

    internal float GetOutputSingle(int output, int row) => _outputSingles[output]![row];

    internal ReadOnlyMemory<char>[]? InputTexts(int input) => _inputTexts[input];

    internal float[]? InputSingles(int input) => _inputSingles[input];

    private T[]?[] Allocate<T>(int columns, Func<int, bool> isUsed)
        => [.. Enumerable.Range(0, columns).Select(i => isUsed(i) ? new T[Capacity] : null)];
}
