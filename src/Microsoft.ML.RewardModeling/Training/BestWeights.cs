using Microsoft.ML.RewardModeling.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Training;

/// <summary>The weights of the best validation, for runs that give them in the end: in their checkpoint, or, without checkpoints, a copy in memory.</summary>
internal sealed class BestWeights(ParameterStore parameters, TrainingOptions options) : IDisposable
{
    private Tensor[] _copies = [];

    /// <summary>Keeps the weights as they are now.</summary>
    public void Remember()
    {
        if (!options.KeepBest || options.CheckpointDirectory is not null)
        {
            return;
        }

        using IDisposable gradients = no_grad();
        Dispose();
        _copies = [.. parameters.Items.Select(item => item.Value.detach().clone().DetachFromDisposeScope())];
    }

    /// <summary>Puts the weights of the best step back.</summary>
    public void Restore(int step)
    {
        if (options.CheckpointDirectory is { } directory)
        {
            Checkpoint.LoadWeights(Checkpoint.Of(directory, step), parameters);
            return;
        }

        using DisposeScope scope = NewDisposeScope();
        using IDisposable gradients = no_grad();
        foreach (((_, Tensor parameter), Tensor copy) in parameters.Items.Zip(_copies))
        {
            parameter.copy_(copy);
        }
    }

    public void Dispose()
    {
        foreach (Tensor copy in _copies)
        {
            copy.Dispose();
        }

        _copies = [];
    }
}
