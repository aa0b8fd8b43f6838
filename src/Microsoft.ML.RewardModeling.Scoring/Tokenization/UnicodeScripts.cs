namespace Microsoft.ML.RewardModeling.Scoring.Tokenization;

/// <summary>The script of a code point (UAX 24).</summary>
internal static class UnicodeScripts
{
    private static readonly string[] Names = UnicodeScriptData.Names.Split(' ');
    private static readonly (int First, int Last, int Script)[] Runs = Read();

    /// <summary>The number of a script by its name; -1 when there is none of that name.</summary>
    public static int Number(string name) => Array.FindIndex(
        Names, known => string.Equals(known.Replace("_", "", StringComparison.Ordinal), name.Replace("_", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase));

    /// <summary>The number of the script of a code point; -1 when it has none.</summary>
    public static int Of(int codePoint)
    {
        int low = 0;
        int high = Runs.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            if (codePoint < Runs[middle].First)
            {
                high = middle - 1;
            }
            else if (codePoint > Runs[middle].Last)
            {
                low = middle + 1;
            }
            else
            {
                return Runs[middle].Script;
            }
        }

        return -1;
    }

    /// <summary>The runs of code points of one script.</summary>
    public static IEnumerable<(int First, int Last)> RunsOf(int script) =>
        Runs.Where(run => run.Script == script).Select(run => (run.First, run.Last));

    private static (int First, int Last, int Script)[] Read()
    {
        byte[] data = Convert.FromBase64String(UnicodeScriptData.Runs);
        List<(int First, int Last, int Script)> runs = [];
        int position = 0;
        for (int last = 0; position < data.Length;)
        {
            int first = last + Next();
            last = first + Next();
            runs.Add((first, last, data[position++]));
        }

        return [.. runs];

        int Next()
        {
            int value = 0;
            for (int shift = 0; ; shift += 7)
            {
                byte part = data[position++];
                value |= (part & 0x7F) << shift;
                if (part < 0x80)
                {
                    return value;
                }
            }
        }
    }
}
