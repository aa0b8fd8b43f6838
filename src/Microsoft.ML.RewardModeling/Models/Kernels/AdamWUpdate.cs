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
    internal readonly record struct Numbers(double Beta1, double Beta2, double Epsilon, double Scale, double Decay, double Rate, double Second);

    /// <summary>Whether <see cref="Apply"/> can be used.</summary>
    public static bool Fits(Tensor parameter, Tensor gradient, Tensor mean, Tensor square)
        => CpuRows.Fits(parameter) && CpuRows.Fits(gradient) && CpuRows.Fits(mean) && CpuRows.Fits(square);

    /// <summary>Updates a parameter and its moments in place.</summary>
    public static void Apply(Tensor parameter, Tensor gradient, Tensor mean, Tensor square, Numbers numbers)
    {
        float* p = CpuRows.Pointer(parameter), g = CpuRows.Pointer(gradient), m = CpuRows.Pointer(mean), v = CpuRows.Pointer(square);

        // 1 - beta from the doubles: in float32 the difference would be wrong in its fifth digit.
        float beta1 = (float)numbers.Beta1, rest1 = (float)(1 - numbers.Beta1), beta2 = (float)numbers.Beta2, rest2 = (float)(1 - numbers.Beta2);
        float scale = (float)numbers.Scale, decay = (float)numbers.Decay, rate = (float)numbers.Rate;
        float correction = (float)numbers.Second, epsilon = (float)numbers.Epsilon;
        CpuRows.Run((int)parameter.NumberOfElements, 1, (_, start, end) =>
        {
            int i = start;
            for (; i <= end - Vector<float>.Count; i += Vector<float>.Count)
            {
                Vector<float> slope = Vector.Load(g + i) * scale;
                Vector<float> first = (Vector.Load(m + i) * beta1) + (slope * rest1);
                Vector<float> second = (Vector.Load(v + i) * beta2) + (slope * slope * rest2);
                Vector<float> deviation = (Vector.SquareRoot(second) / new Vector<float>(correction)) + new Vector<float>(epsilon);
                ((Vector.Load(p + i) * decay) - (first * rate / deviation)).Store(p + i);
                first.Store(m + i);
                second.Store(v + i);
            }

            for (; i < end; i++)
            {
                float slope = g[i] * scale;
                m[i] = (m[i] * beta1) + (slope * rest1);
                v[i] = (v[i] * beta2) + (slope * slope * rest2);
                p[i] = (p[i] * decay) - (m[i] * rate / ((MathF.Sqrt(v[i]) / correction) + epsilon));
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
