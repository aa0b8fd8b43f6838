using Microsoft.ML.RewardModeling;

namespace Microsoft.ML;

/// <summary>Hangs the reward modelling catalog on the <see cref="MLContext"/>.</summary>
public static class RewardModelingMLContextExtensions
{
    extension(MLContext context)
    {
        /// <summary>Preference data, teacher transforms and reward models.</summary>
        public RewardModelingCatalog RewardModeling
        {
            get
            {
                ArgumentNullException.ThrowIfNull(context);
                return new RewardModelingCatalog(context);
            }
        }
    }

    /// <summary>The same catalog as a method, for compilers before C# 14 (an equal name would make the property ambiguous).</summary>
    /// <param name="context">The context.</param>
    public static RewardModelingCatalog GetRewardModeling(this MLContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new RewardModelingCatalog(context);
    }
}
