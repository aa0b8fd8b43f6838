using Microsoft.ML.RewardModeling.Models.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Models.Heads;

/// <summary>Rewards from states: w x + b, or the same behind a hidden layer with a ReLU.</summary>
internal sealed class RewardHead
{
    private readonly Linear[] _parts;

    public RewardHead(HeadPlan plan, ParameterStore parameters)
    {
        Plan = plan;
        _parts = [.. plan.Parts.Select(name => new Linear(parameters[$"{name}.weight"], parameters.Find($"{name}.bias")))];
    }

    public HeadPlan Plan { get; }

    /// <summary>Rewards <c>[B]</c> from states <c>[B, H]</c>.</summary>
    /// <param name="states">The last states.</param>
    /// <param name="dropout">Draws what training drops; null to drop nothing.</param>
    public Tensor Forward(Tensor states, Generator? dropout = null)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = states;
        if (_parts.Length > 1)
        {
            x = nn.functional.relu(_parts[0].Forward(x));               // (B, W)
            x = dropout is null ? x : x * Kept(x, dropout);
        }

        return _parts[^1].Forward(x).squeeze(-1).MoveToOuterDisposeScope();
    }

    /// <summary>0 for what is dropped, 1 / (1 - p) for the rest, so that the mean stays.</summary>
    private static Tensor Kept(Tensor x, Generator dropout)
        => rand(x.shape, ScalarType.Float32, CPU, generator: dropout).ge(HeadPlan.Dropout).to(ScalarType.Float32).div(1 - HeadPlan.Dropout).to(x.device);
}
