namespace Microsoft.ML.RewardModeling;

/// <summary>The pairs whose confidence sigmoid(|difference of rewards|) lies in [Low, High), the last bin including 1.</summary>
/// <param name="Low">Lower end of the bin.</param>
/// <param name="High">Upper end of the bin.</param>
/// <param name="Count">Pairs in the bin.</param>
/// <param name="Confidence">Their mean confidence; NaN for an empty bin.</param>
/// <param name="Accuracy">The share that is right, ties counting half; NaN for an empty bin.</param>
public sealed record CalibrationBin(double Low, double High, int Count, double Confidence, double Accuracy);
