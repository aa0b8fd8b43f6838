namespace Microsoft.ML.RewardModeling;

/// <summary>The file formats of preference pairs, told by the file's name.</summary>
internal enum PairFileFormat
{
    JsonLines,
    JsonLinesGzip,
    Parquet,
}
