namespace Microsoft.ML.RewardModeling.DataViews;

/// <summary>A column that a mapping reads. An optional one may be absent and then reads as empty text or NaN.</summary>
internal sealed record InputColumn(string Name, ColumnKind Kind, bool IsOptional = false);

/// <summary>A column that a mapping writes. It hides an input column of the same name, as in every ML.NET transform.</summary>
internal sealed record OutputColumn(string Name, ColumnKind Kind);
