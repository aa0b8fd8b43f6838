using Microsoft.ML.RewardModeling.DataViews;

namespace Microsoft.ML.RewardModeling.TeacherTransforms;

/// <summary>Asks the teacher whatever the active outputs of one row need, and fills them.</summary>
internal delegate Task MapRow(BatchRows rows, int row, CancellationToken cancellationToken);
