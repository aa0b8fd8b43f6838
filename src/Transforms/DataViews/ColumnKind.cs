namespace Microsoft.ML.RewardModeling.DataViews;

/// <summary>The two column types that a batch mapping reads and writes.</summary>
internal enum ColumnKind
{
    /// <summary>ML.NET text; missing values read as empty.</summary>
    Text,

    /// <summary>ML.NET single-precision number; a missing value is NaN.</summary>
    Single,
}
