namespace Microsoft.ML.RewardModeling;

/// <summary>The trainers of <c>mlContext.RewardModeling.Trainers</c>.</summary>
public sealed class RewardModelTrainersCatalog
{
    private readonly RewardModelingCatalog _catalog;

    internal RewardModelTrainersCatalog(RewardModelingCatalog catalog) => _catalog = catalog;

    /// <summary>A trainer that distils preference pairs, and optionally the teacher's own answers, into a reward model.</summary>
    /// <param name="options">Backbone, objective and training options.</param>
    /// <returns>The estimator.</returns>
    /// <exception cref="ArgumentException">An option is out of its range; all are named.</exception>
    public RewardModelTrainer RewardModel(RewardModelTrainerOptions options) => new(_catalog.Environment, options);
}
