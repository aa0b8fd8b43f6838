using Microsoft.ML.RewardModeling.Batching;
using Microsoft.ML.RewardModeling.Losses;

namespace Microsoft.ML.RewardModeling.Training;

/// <summary>What a teacher would have said at the labelled rows, known before training.</summary>
internal interface ITeacherDistributions
{
    /// <summary>The targets of a batch with the teacher's distributions.</summary>
    LanguageTargets AddTo(LanguageTargets targets, PreferenceBatch batch);
}
