using System.Numerics;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Models.Kernels;

/// <summary>AdamW's arithmetic in one pass over memory; torch's operations need nine.</summary>
internal static unsafe class AdamWUpdate
{
    /// <summary>The numbers of one step.</summary>
    /// <param name="Beta1">Decay of the first moment.</param>
    /// <param name="Beta2">Decay of the second.</param>
    /// <param name="Epsilon">Added to the root of the second.</param>
    /// <param name="Scale">Factor of the gradient, from clipping.</param>
    /// <param name="Decay">Factor of the parameter, from weight decay.</param>
    /// <param name="Rate">Learning rate over the first moment's bias correction.</param>
    /// <param name="Second">Root of the second moment's bias correction.</param>
    internal readonly record struct Numbers(float Beta1, float Beta2, float Epsilon, float Scale, float Decay, float Rate, float Second);

    /// <summary>Whether <see cref="Apply"/> can be used.</summary>
    public static bool Fits(Tensor parameter, Tensor gradient, Tensor mean, Tensor square)
        => CpuRows.Fits(parameter) && CpuRows.Fits(gradient) && CpuRows.Fits(mean) && CpuRows.Fits(square);

    /// <summary>Updates a parameter and its moments in place.</summary>
    public static void Apply(Tensor parameter, Tensor gradient, Tensor mean, Tensor square, Numbers numbers)
    {
        float* p = CpuRows.Pointer(parameter), g = CpuRows.Pointer(gradient), m = CpuRows.Pointer(mean), v = CpuRows.Pointer(square);
        CpuRows.Run((int)parameter.NumberOfElements, 1, (_, start, end) =>
        {
            int i = start;
            for (; i <= end - Vector<float>.Count; i += Vector<float>.Count)
            {
                Vector<float> slope = Vector.Load(g + i) * numbers.Scale;
                Vector<float> first = (Vector.Load(m + i) * numbers.Beta1) + (slope * (1 - numbers.Beta1));
                Vector<float> second = (Vector.Load(v + i) * numbers.Beta2) + (slope * slope * (1 - numbers.Beta2));
                Vector<float> deviation = (Vector.SquareRoot(second) / new Vector<float>(numbers.Second)) + new Vector<float>(numbers.Epsilon);
                ((Vector.Load(p + i) * numbers.Decay) - (first * numbers.Rate / deviation)).Store(p + i);
                first.Store(m + i);
                second.Store(v + i);
            }

            for (; i < end; i++)
            {
                float slope = g[i] * numbers.Scale;
                m[i] = (m[i] * numbers.Beta1) + (slope * (1 - numbers.Beta1));
                v[i] = (v[i] * numbers.Beta2) + (slope * slope * (1 - numbers.Beta2));
                p[i] = (p[i] * numbers.Decay) - (m[i] * numbers.Rate / ((MathF.Sqrt(v[i]) / numbers.Second) + numbers.Epsilon));
            }
        });
    }

    /// <summary>The sum of all squares; the same bits whatever the number of threads.</summary>
    public static double SumOfSquares(Tensor tensor)
    {
        int count = (int)tensor.NumberOfElements;
        double[] sums = new double[CpuRows.Pieces(count, 1)];
        float* values = CpuRows.Pointer(tensor);
        CpuRows.Run(count, 1, (piece, start, end) =>
        {
            Vector<double> sum = Vector<double>.Zero;
            int i = start;
            for (; i <= end - Vector<float>.Count; i += Vector<float>.Count)
            {
                Vector.Widen(Vector.Load(values + i), out Vector<double> low, out Vector<double> high);
                sum = Vector.FusedMultiplyAdd(low, low, Vector.FusedMultiplyAdd(high, high, sum));
            }

            double rest = 0;
            for (; i < end; i++)
            {
                rest += (double)values[i] * values[i];
            }

            sums[piece] = Vector.Sum(sum) + rest;
        });
        return sums.Sum();
    }
}
