using Microsoft.ML.RewardModeling.Models;
using Microsoft.ML.RewardModeling.Models.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Training;

/// <summary>
/// Adam with decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101), betas 0.9 and 0.999, epsilon 1e-8. Its moments
/// can be saved and restored, so a resumed run takes the same steps to the bit.
/// </summary>
internal sealed class AdamW : IDisposable
{
    private const double Beta1 = 0.9;
    private const double Beta2 = 0.999;
    private const double Epsilon = 1e-8;

    private readonly IReadOnlyList<KeyValuePair<string, Tensor>> _parameters;
    private readonly double _weightDecay;

    public AdamW(ParameterStore parameters, double weightDecay)
    {
        _parameters = parameters.Items;
        _weightDecay = weightDecay;
        Means = [.. _parameters.Select(item => ZerosLike(item.Value))];
        Squares = [.. _parameters.Select(item => ZerosLike(item.Value))];
    }

    /// <summary>First moments, in the order of the parameters.</summary>
    public IReadOnlyList<Tensor> Means { get; }

    /// <summary>Second moments, in the order of the parameters.</summary>
    public IReadOnlyList<Tensor> Squares { get; }

    /// <summary>Steps taken.</summary>
    public int Steps { get; set; }

    /// <summary>Sets all gradients to zero.</summary>
    public void ZeroGradients()
    {
        using DisposeScope scope = NewDisposeScope();
        foreach ((_, Tensor parameter) in _parameters)
        {
            parameter.grad?.zero_();
        }
    }

    /// <summary>Updates all parameters from their gradients.</summary>
    /// <param name="learningRate">The rate of this step.</param>
    /// <param name="largestNorm">Global norm above which the gradients are scaled down.</param>
    /// <returns>The global gradient norm before scaling. If it is not finite, nothing is updated.</returns>
    public double Step(double learningRate, double largestNorm)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable gradients = no_grad();
        Tensor?[] grads = [.. _parameters.Select(item => item.Value.grad)];
        double norm = GlobalNorm([.. grads.OfType<Tensor>()]);
        if (!double.IsFinite(norm))
        {
            return norm;
        }

        Steps++;
        double scale = norm > largestNorm ? largestNorm / norm : 1;
        double first = 1 - Math.Pow(Beta1, Steps);
        double second = Math.Sqrt(1 - Math.Pow(Beta2, Steps));
        for (int i = 0; i < grads.Length; i++)
        {
            if (grads[i] is { } gradient)
            {
                using DisposeScope inner = NewDisposeScope();
                Update(_parameters[i].Value, gradient, scale, Means[i], Squares[i], learningRate, first, second);
            }
        }

        return norm;
    }

    public void Dispose()
    {
        foreach (Tensor moment in Means.Concat(Squares))
        {
            moment.Dispose();
        }
    }

    private void Update(Tensor parameter, Tensor gradient, double scale, Tensor mean, Tensor square, double rate, double first, double second)
    {
        // Decaying norms and biases would only move the scale that the next layer sees.
        double decay = parameter.dim() > 1 ? 1 - (rate * _weightDecay) : 1;
        if (AdamWUpdate.Fits(parameter, gradient, mean, square))
        {
            AdamWUpdate.Apply(parameter, gradient, mean, square, new AdamWUpdate.Numbers(
                Beta1, Beta2, Epsilon, scale, decay, rate / first, second));
            return;
        }

        Tensor scaled = scale == 1 ? gradient : gradient * scale;
        mean.mul_(Beta1).add_(scaled, 1 - Beta1);
        square.mul_(Beta2).addcmul_(scaled, scaled, 1 - Beta2);
        parameter.mul_(decay).addcdiv_(mean, square.sqrt().div_(second).add_(Epsilon), -rate / first);
    }

    private static double GlobalNorm(Tensor[] gradients) => Math.Sqrt(gradients.Sum(SumOfSquares));

    private static double SumOfSquares(Tensor gradient)
        => CpuRows.Fits(gradient) ? AdamWUpdate.SumOfSquares(gradient) : gradient.square().sum().to(ScalarType.Float64).item<double>();

    private static Tensor ZerosLike(Tensor parameter)
    {
        using IDisposable gradients = no_grad();
        return zeros_like(parameter).DetachFromDisposeScope();
    }
}
