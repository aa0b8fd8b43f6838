using Microsoft.ML.RewardModeling;

namespace Microsoft.ML;

/// <summary>Reward models on <c>mlContext.RewardModeling</c>.</summary>
public static class RewardModelCatalogExtensions
{
    private const int DefaultBatchSize = 32;

    extension(RewardModelingCatalog catalog)
    {
        /// <summary>Trainers of reward models.</summary>
        public RewardModelTrainersCatalog Trainers
        {
            get
            {
                ArgumentNullException.ThrowIfNull(catalog);
                return new RewardModelTrainersCatalog(catalog);
            }
        }
    }

    /// <summary>The same trainers as a method, for compilers before C# 14.</summary>
    /// <param name="catalog">The catalog.</param>
    public static RewardModelTrainersCatalog GetTrainers(this RewardModelingCatalog catalog)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new RewardModelTrainersCatalog(catalog);
    }

    /// <summary>Loads a reward model directory: one that was saved here, or any supported sequence classifier with one label.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="directory">The model directory.</param>
    /// <param name="columns">Column names; null for the defaults.</param>
    /// <param name="batchSize">Rows scored together. Default 32. At least 1.</param>
    /// <returns>The model; dispose it to free the weights.</returns>
    /// <exception cref="RewardModelingException">The directory cannot be used, or its model has no reward head.</exception>
    public static RewardModelTransformer LoadRewardModel(
        this RewardModelingCatalog catalog, string directory, RewardModelColumns? columns = null, int batchSize = DefaultBatchSize)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrEmpty(directory);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        columns ??= new RewardModelColumns();
        if (columns.Problems().ToArray() is { Length: > 0 } problems)
        {
            throw new ArgumentException(string.Join("; ", problems) + ".", nameof(columns));
        }

        return new RewardModelTransformer(catalog.Environment, LoadedRewardModel.Load(directory), columns, batchSize, directory, training: null);
    }

    /// <summary>
    /// Scores answers with an exported reward model as a step of a pipeline: the columns of <see cref="RewardModelTransformer"/>, computed by
    /// ONNX Runtime.
    /// </summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="directory">A directory written by <c>SaveOnnx</c> or <c>rewardmodel export</c>.</param>
    /// <param name="options">Null takes the defaults.</param>
    /// <exception cref="ArgumentException">Options are out of range; every error is named.</exception>
    public static ApplyRewardModelEstimator ApplyRewardModel(
        this RewardModelingCatalog catalog, string directory, ApplyRewardModelOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new ApplyRewardModelEstimator(catalog.Environment, directory, options);
    }

    /// <summary>
    /// Makes a pipeline that <c>mlContext.Model.Load</c> gave score in batches again. ML.NET loads reward models in a form
    /// that scores row by row; this puts a <see cref="RewardModelTransformer"/> in the place of each.
    /// </summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="loaded">A loaded pipeline.</param>
    /// <param name="batchSize">Rows scored together. Default 32. At least 1.</param>
    /// <returns>The pipeline with batching reward models; what is not one stays as it was.</returns>
    /// <exception cref="RewardModelingException">A model directory that the pipeline names is gone or has changed.</exception>
    public static ITransformer RestoreRewardModels(this RewardModelingCatalog catalog, ITransformer loaded, int batchSize = DefaultBatchSize)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(loaded);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        return RewardModelImage.Replace(catalog.Context, loaded, payload => new RewardModelTransformer(catalog.Environment, payload, batchSize));
    }
}
