using Microsoft.ML.RewardModeling.Batching;
using Microsoft.ML.RewardModeling.Losses;
using Microsoft.ML.RewardModeling.Models;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Training;

/// <summary>The terms of the loss as scalars, each a mean over the batch; a term that is not trained on is null.</summary>
internal sealed record RewardLossTerms(Tensor? Rank, Tensor? Center, LanguageLoss? Language)
{
    /// <summary>Computes the terms of a batch.</summary>
    public static RewardLossTerms Compute(RewardModel model, RewardModelOutput output, PreferenceBatch batch, TrainingOptions options, ITeacherDistributions? teacher)
    {
        bool ranks = output.Rewards is not null;
        return new RewardLossTerms(
            ranks ? Ranking(output, batch, options) : null,
            ranks && options.CenterWeight > 0 ? RankingLosses.Centring(Means(output, batch)) : null,
            output.LabelStates is { } states ? OfLanguage(model, states, batch, options.SftWeight, options.KlWeight, teacher) : null);
    }

    /// <summary>The terms of the language-model head.</summary>
    public static LanguageLoss OfLanguage(
        RewardModel model, Tensor states, PreferenceBatch batch, double sftWeight, double klWeight, ITeacherDistributions? teacher)
    {
        Device device = states.device;
        LanguageTargets targets = new(
            tensor(batch.Labels, device: device), tensor(TokenWeighting.PerSample(batch.LabelTokens), device: device));
        return ChunkedLanguageLoss.Compute(
            states,
            model.Network.LanguageHead!,
            klWeight > 0 && teacher is not null ? teacher.AddTo(targets, batch) : targets,
            sftWeight,
            klWeight,
            model.Network.LogitSoftcap);
    }

    /// <summary>The objective's mean over the pairs.</summary>
    public static Tensor Ranking(RewardModelOutput output, PreferenceBatch batch, TrainingOptions options)
    {
        if (options.Objective == RewardObjective.PlackettLuce)
        {
            return stack([.. batch.Lists.Select(list => RankingLosses.PlackettLuce(output.At(list.Sequences), tensor(list.Scores, device: output.Rewards!.device)))]).mean();
        }

        (Tensor chosen, Tensor rejected) = (output.At(batch.Chosen), output.At(batch.Rejected));
        Tensor Values(IEnumerable<float> values) => tensor(values.ToArray(), device: chosen.device);
        return options.Objective switch
        {
            RewardObjective.MarginRegression => RankingLosses.MarginRegression(chosen, rejected, Values(batch.Margins), options.MarginScale),
            RewardObjective.BradleyTerry => RankingLosses.BradleyTerry(chosen, rejected),
            RewardObjective.BradleyTerryMargin => RankingLosses.BradleyTerryMargin(chosen, rejected, Values(batch.Margins), options.MarginScale),
            RewardObjective.SoftLabel => RankingLosses.SoftLabel(chosen, rejected, Values(batch.Margins), options.MarginScale),
            RewardObjective.Pointwise => RankingLosses.Pointwise(
                chosen,
                rejected,
                Values(batch.ChosenScores.Select(RankingLosses.NormalizedScore)),
                Values(batch.RejectedScores.Select(RankingLosses.NormalizedScore))),
            _ => throw new ArgumentOutOfRangeException(nameof(options), options.Objective, "Unknown objective."),
        };
    }

    /// <summary>Whether a pair has the numbers that an objective needs.</summary>
    public static bool HasTargets(TokenizedPair pair, RewardObjective objective) => objective switch
    {
        RewardObjective.BradleyTerry or RewardObjective.PlackettLuce => true,
        RewardObjective.Pointwise => float.IsFinite(pair.ChosenScore) && float.IsFinite(pair.RejectedScore),
        _ => float.IsFinite(pair.Margin),
    };

    private static Tensor Means(RewardModelOutput output, PreferenceBatch batch)
        => stack([.. batch.Lists.Select(list => output.At(list.Sequences).mean())]);
}
