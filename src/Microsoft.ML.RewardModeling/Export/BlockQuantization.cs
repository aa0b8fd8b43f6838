namespace Microsoft.ML.RewardModeling.Export;

/// <summary>
/// Weights as integers from -127 to 127 with one scale per block, symmetric and rounded to the nearest. Small blocks keep
/// one large weight from making its whole column coarse.
/// </summary>
internal static class BlockQuantization
{
    /// <summary>Inputs of a projection that share a scale.</summary>
    public const int BlockSize = 64;

    /// <summary>The block size for a projection with so many inputs: <see cref="BlockSize"/> where it divides them, else all.</summary>
    public static int SizeFor(long inputs) => inputs % BlockSize == 0 ? BlockSize : checked((int)inputs);

    /// <summary>Levels [inputs, outputs] and scales [inputs / size, outputs] of a projection [inputs, outputs].</summary>
    public static (float[] Levels, float[] Scales) Columns(float[] weights, int outputs, int size)
    {
        float[] scales = new float[weights.Length / outputs / size * outputs];
        for (int i = 0; i < weights.Length; i++)
        {
            ref float scale = ref scales[(i / outputs / size * outputs) + (i % outputs)];
            scale = Math.Max(scale, Math.Abs(weights[i]));
        }

        return (Levels(weights, scales, i => (i / outputs / size * outputs) + (i % outputs)), scales);
    }

    /// <summary>Levels [rows, width] and scales [rows, 1] of a table [rows, width].</summary>
    public static (float[] Levels, float[] Scales) Rows(float[] weights, int width)
    {
        float[] scales = new float[weights.Length / width];
        for (int i = 0; i < weights.Length; i++)
        {
            scales[i / width] = Math.Max(scales[i / width], Math.Abs(weights[i]));
        }

        return (Levels(weights, scales, i => i / width), scales);
    }

    /// <summary>Divides the largest values by 127 in place and the weights by what comes out.</summary>
    private static float[] Levels(float[] weights, float[] scales, Func<int, int> blockOf)
    {
        for (int i = 0; i < scales.Length; i++)
        {
            scales[i] /= 127;
        }

        float[] levels = new float[weights.Length];
        for (int i = 0; i < weights.Length; i++)
        {
            float scale = scales[blockOf(i)];
            levels[i] = scale > 0 ? Math.Clamp(MathF.Round(weights[i] / scale), -127, 127) : 0;
        }

        return levels;
    }
}
