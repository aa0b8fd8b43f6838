using Microsoft.ML.Data;

namespace Microsoft.ML.RewardModeling.DataViews;

/// <summary>A mapping bound to one input schema: where its inputs are and which output schema follows.</summary>
internal sealed class BatchBinding
{
    private readonly int[] _inputs;

    public BatchBinding(IBatchMapping mapping, DataViewSchema inputSchema)
    {
        Mapping = mapping;
        InputSchema = inputSchema;
        _inputs = [.. mapping.Inputs.Select(input => Find(input, inputSchema))];

        // Input columns keep their indices and annotations, so an output index below InputSchema.Count is an input index.
        DataViewSchema.Builder builder = new();
        builder.AddColumns(inputSchema);
        foreach (OutputColumn output in mapping.Outputs)
        {
            builder.AddColumn(output.Name, TypeOf(output.Kind));
        }

        OutputSchema = builder.ToSchema();
    }

    public IBatchMapping Mapping { get; }

    public DataViewSchema InputSchema { get; }

    public DataViewSchema OutputSchema { get; }

    public static DataViewType TypeOf(ColumnKind kind) => kind == ColumnKind.Text ? TextDataViewType.Instance : NumberDataViewType.Single;

    /// <summary>The column of each input, or null for an optional one that is absent.</summary>
    public static DataViewSchema.Column?[] Bind(IReadOnlyList<InputColumn> inputs, DataViewSchema schema)
        => [.. inputs.Select(input => Find(input, schema) is var column and >= 0 ? schema[column] : (DataViewSchema.Column?)null)];

    /// <summary>The index of a mapping's output, or null for a column that is passed through.</summary>
    public int? OutputIndex(int column) => column >= InputSchema.Count ? column - InputSchema.Count : null;

    public bool[] ActiveOutputs(IReadOnlySet<int> columns)
        => [.. Enumerable.Range(InputSchema.Count, Mapping.Outputs.Count).Select(columns.Contains)];

    /// <summary>Per input of the mapping: the column it is read from, or null when absent or not needed.</summary>
    public DataViewSchema.Column?[] BoundInputs(IReadOnlyList<bool> activeOutputs)
    {
        bool isAnyActive = activeOutputs.Contains(true);
        return [.. _inputs.Select((column, input) =>
            column >= 0 && isAnyActive && Mapping.NeedsInput(input, activeOutputs) ? InputSchema[column] : (DataViewSchema.Column?)null)];
    }

    /// <summary>The input columns that are needed for the given output columns.</summary>
    public IReadOnlyList<DataViewSchema.Column> Dependencies(IReadOnlySet<int> columns)
    {
        SortedSet<int> needed = [.. columns.Where(c => c < InputSchema.Count)];
        needed.UnionWith(BoundInputs(ActiveOutputs(columns)).Where(c => c is not null).Select(c => c!.Value.Index));
        return [.. needed.Select(i => InputSchema[i])];
    }

    private static int Find(InputColumn input, DataViewSchema schema)
    {
        if (schema.GetColumnOrNull(input.Name) is not { } column)
        {
            return input.IsOptional ? -1 : throw new ArgumentOutOfRangeException(
                nameof(schema),
                $"The data has no column '{input.Name}'; it has {string.Join(", ", schema.Select(c => c.Name).Distinct())}. "
                + "Load or create the column, or name another one in the options.");
        }

        return column.Type == TypeOf(input.Kind) ? column.Index : throw new ArgumentOutOfRangeException(
            nameof(schema),
            $"Column '{input.Name}' has type {column.Type}; expected {TypeOf(input.Kind)}. Convert the column, or name another one in "
                + "the options.");
    }
}
