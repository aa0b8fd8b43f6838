using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Training;

/// <summary>Steps as TensorBoard scalars: <c>tensorboard --logdir FOLDER</c> shows them.</summary>
internal sealed class TensorBoardLog
{
    private readonly SummaryWriter _writer;

    private TensorBoardLog(SummaryWriter writer) => _writer = writer;

    /// <summary>Starts the event file anew with the steps that a resumed run has already made; null without a folder.</summary>
    /// <exception cref="RewardModelingException">The folder cannot be written.</exception>
    public static TensorBoardLog? Open(string? folder, IEnumerable<StepMetrics> done)
    {
        if (folder is null)
        {
            return null;
        }

        try
        {
            Directory.CreateDirectory(folder);
            foreach (string earlier in Directory.GetFiles(folder, "*.tfevents.*").Concat(Directory.GetFiles(folder, "events.out.*")).Distinct())
            {
                File.Delete(earlier);
            }

            TensorBoardLog log = new(utils.tensorboard.SummaryWriter(folder));
            foreach (StepMetrics step in done)
            {
                log.Write(step);
            }

            return log;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new RewardModelingException($"{folder}: TensorBoard files cannot be written ({error.Message}). Choose a folder that can be written.", error);
        }
    }

    /// <summary>Writes the numbers of a step.</summary>
    public void Write(StepMetrics step)
    {
        void Scalar(string tag, double? value)
        {
            if (value is { } number)
            {
                _writer.add_scalar(tag, (float)number, step.Step);
            }
        }

        Scalar("loss/total", step.Loss);
        Scalar("loss/rank", step.RankLoss);
        Scalar("loss/center", step.CenterLoss);
        Scalar("loss/sft", step.SftLoss);
        Scalar("loss/kl", step.KlLoss);
        Scalar("reward/accuracy", step.Accuracy);
        Scalar("reward/margin", step.RewardMargin);
        Scalar("optimizer/learning_rate", step.LearningRate);
        Scalar("optimizer/gradient_norm", step.GradientNorm);
        Scalar("speed/pairs_per_second", step.PairsPerSecond);
        Scalar("speed/tokens_per_second", step.TokensPerSecond);
        Scalar("memory/resident_bytes", step.MemoryBytes);
        Scalar("validation/accuracy", step.ValidationAccuracy);
        Scalar("validation/loss", step.ValidationLoss);
        Scalar("validation/perplexity", step.ValidationPerplexity);
    }
}
