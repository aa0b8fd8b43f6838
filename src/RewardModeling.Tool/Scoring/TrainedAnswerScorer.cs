using Microsoft.ML.RewardModeling.Models;
using Microsoft.ML.RewardModeling.Scoring;
using RewardModeling.Tool.CommandLine;

namespace RewardModeling.Tool.Scoring;

/// <summary>Rewards from a trained model folder.</summary>
internal sealed class TrainedAnswerScorer : IAnswerScorer
{
    private readonly RewardTextEncoder _encoder;
    private readonly RewardModel _model;

    private TrainedAnswerScorer(RewardTextEncoder encoder, RewardModel model)
    {
        _encoder = encoder;
        _model = model;
    }

    public static TrainedAnswerScorer Load(string folder)
    {
        RewardTextEncoder encoder = RewardTextEncoder.Load(folder);
        RewardModel model = RewardModel.Load(
            folder, new RewardModelLoadOptions { TokenizerVocabularySize = encoder.Tokenizer.VocabularySize, Precision = WeightPrecision.AsStored });
        if (model.HasTrainedHead)
        {
            return new TrainedAnswerScorer(encoder, model);
        }

        string architecture = model.Config.Architecture;
        model.Dispose();
        throw new WorkException(
            $"{folder} is a language model ({architecture}) without a reward head; its scores would be random. "
            + "Train it first: rewardmodel train --backbone " + folder + " --pairs PAIRS.jsonl --out MODEL.");
    }

    public RewardScore[] Score(IReadOnlyList<Question> questions, CancellationToken cancellationToken)
    {
        EncodedText[] texts = [.. questions.Select(question => _encoder.Encode(question.Prompt, question.Response))];
        float[] rewards = _model.Score([.. texts.Select(text => text.Ids)], cancellationToken);
        return [.. rewards.Select((reward, i) => new RewardScore(reward, texts[i].Ids.Length, texts[i].Truncated))];
    }

    public void Dispose() => _model.Dispose();
}
