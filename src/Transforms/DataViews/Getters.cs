using Microsoft.ML.Data;

namespace Microsoft.ML.RewardModeling.DataViews;

/// <summary>Checks that every getter of a row makes.</summary>
internal static class Getters
{
    public static InvalidOperationException Inactive(DataViewSchema.Column column)
        => new($"Column '{column.Name}' is not active in this cursor; ask for it when the cursor is created.");

    public static ValueGetter<TValue> Cast<TValue>(Delegate getter, DataViewSchema.Column column)
        => getter as ValueGetter<TValue>
        ?? throw new InvalidOperationException($"Column '{column.Name}' of type {column.Type} has no getter for {typeof(TValue)}.");
}
