using Microsoft.ML.Data;

namespace Microsoft.ML.RewardModeling.DataViews;

/// <summary>The three things that an <see cref="ITransformer"/> must offer, made from a batch mapping.</summary>
internal static class BatchMapping
{
    public static DataViewSchema GetOutputSchema(IBatchMapping mapping, DataViewSchema inputSchema)
        => new BatchBinding(mapping, inputSchema).OutputSchema;

    public static IDataView Transform(IBatchMapping mapping, IDataView input)
        => new BatchMappedView(new BatchBinding(mapping, input.Schema), input);

    public static IRowToRowMapper GetRowToRowMapper(IBatchMapping mapping, DataViewSchema inputSchema)
        => new BatchRowMapper(new BatchBinding(mapping, inputSchema));
}
