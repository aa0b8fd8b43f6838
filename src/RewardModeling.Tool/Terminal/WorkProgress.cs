namespace RewardModeling.Tool.Terminal;

/// <summary>How far a piece of work is.</summary>
/// <param name="Done">Units done.</param>
/// <param name="Total">Units in all; 0 when unknown.</param>
/// <param name="Unit">What is counted, for example <c>rows</c>.</param>
/// <param name="Detail">Figures of the moment, for example the loss.</param>
internal readonly record struct WorkProgress(long Done, long Total, string Unit, string Detail = "");
