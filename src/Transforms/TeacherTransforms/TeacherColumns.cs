using Microsoft.ML.RewardModeling.DataViews;

namespace Microsoft.ML.RewardModeling.TeacherTransforms;

/// <summary>The columns that a teacher transform reads and writes, in the order of the indices that its rows use.</summary>
internal sealed record TeacherColumns(IReadOnlyList<InputColumn> Inputs, IReadOnlyList<OutputColumn> Outputs);
