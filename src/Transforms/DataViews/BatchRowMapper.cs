using Microsoft.ML.Data;

namespace Microsoft.ML.RewardModeling.DataViews;

/// <summary>The same mapping for one row at a time, which is how <c>PredictionEngine</c> works.</summary>
internal sealed class BatchRowMapper : IRowToRowMapper
{
    private readonly BatchBinding _binding;

    public BatchRowMapper(BatchBinding binding)
    {
        _binding = binding;
    }

    public DataViewSchema InputSchema => _binding.InputSchema;

    public DataViewSchema OutputSchema => _binding.OutputSchema;

    public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns)
        => _binding.Dependencies(new HashSet<int>(dependingColumns.Select(c => c.Index)));

    public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
        => new BatchMappedRow(_binding, input, [.. activeColumns.Select(c => c.Index)]);
}
