using Microsoft.ML.Data;

namespace Microsoft.ML.RewardModeling.DataViews;

/// <summary>
/// Schema shapes for estimators. The constructor of <see cref="SchemaShape.Column"/> is internal to ML.NET, so a stock
/// custom mapping is asked to describe the column.
/// </summary>
internal static class SchemaShapes
{
    /// <summary>The input's shape with the outputs added; an output replaces an input column of its name.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An input is missing or has another type.</exception>
    public static SchemaShape Append(SchemaShape input, IReadOnlyList<InputColumn> inputs, IReadOnlyList<OutputColumn> outputs)
    {
        foreach (InputColumn column in inputs)
        {
            Require(input, column);
        }

        HashSet<string> written = [.. outputs.Select(o => o.Name)];
        return new SchemaShape([.. input.Where(c => !written.Contains(c.Name)), .. outputs.Select(Column)]);
    }

    /// <summary>The shape of one scalar column.</summary>
    public static SchemaShape.Column Column(OutputColumn column)
        => column.Kind == ColumnKind.Text ? Describe<TextValue>(column.Name) : Describe<SingleValue>(column.Name);

    private static void Require(SchemaShape shape, InputColumn input)
    {
        SchemaShape.Column column = shape.FirstOrDefault(c => c.Name == input.Name);
        if (column.Name is null)
        {
            _ = input.IsOptional ? true : throw new ArgumentOutOfRangeException(
                nameof(shape), $"The data has no column '{input.Name}'. Load or create it, or name another column in the options.");
            return;
        }

        if (column.Kind != SchemaShape.Column.VectorKind.Scalar || column.ItemType != BatchBinding.TypeOf(input.Kind))
        {
            throw new ArgumentOutOfRangeException(
                nameof(shape), $"Column '{input.Name}' is {column.Kind} of {column.ItemType}; expected a single {input.Kind} value.");
        }
    }

    private static SchemaShape.Column Describe<TValue>(string name)
        where TValue : class, new()
    {
        SchemaDefinition output = SchemaDefinition.Create(typeof(TValue));
        output[0].ColumnName = name;
        return new MLContext().Transforms
            .CustomMapping<NoValue, TValue>((_, _) => { }, null, SchemaDefinition.Create(typeof(NoValue)), output)
            .GetOutputSchema(new SchemaShape([]))
            .Single();
    }

    private sealed class NoValue;

    private sealed class SingleValue
    {
        public float Value { get; set; }
    }

    private sealed class TextValue
    {
        public string Value { get; set; } = string.Empty;
    }
}
