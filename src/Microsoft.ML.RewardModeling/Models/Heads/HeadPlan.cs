namespace Microsoft.ML.RewardModeling.Models.Heads;

/// <summary>A reward head free of where it came from, with the names this library gives its tensors.</summary>
/// <param name="Kind">One linear map, or two with a ReLU between.</param>
/// <param name="Bias">Whether the linear head has a bias; an MLP always has both.</param>
/// <param name="Width">Width inside the MLP; 0 for the linear head.</param>
internal sealed record HeadPlan(RewardHeadKind Kind, bool Bias, int Width)
{
    public const string Name = "score";
    public const string First = Name + ".0";
    public const string Second = Name + ".2";
    public const int DefaultWidth = 1024;

    /// <summary>Share of the MLP's inner values that training sets to zero.</summary>
    public const double Dropout = 0.1;

    /// <summary>A new head of a kind.</summary>
    public static HeadPlan New(RewardHeadKind kind) => kind == RewardHeadKind.Mlp ? new(kind, true, DefaultWidth) : new(kind, false, 0);

    /// <summary>Names (without <c>.weight</c>) of the linear maps, in order.</summary>
    public IReadOnlyList<string> Parts => Kind == RewardHeadKind.Mlp ? [First, Second] : [Name];

    /// <summary>The last linear map, which gives the reward.</summary>
    public string Last => Parts[^1];

    /// <summary>Every tensor with its shape for states of <paramref name="hidden"/> values.</summary>
    public IEnumerable<KeyValuePair<string, long[]>> Shapes(long hidden)
    {
        foreach (string part in Parts)
        {
            long outputs = part == First ? Width : 1;
            yield return new($"{part}.weight", [outputs, part == Second ? Width : hidden]);
            if (Bias)
            {
                yield return new($"{part}.bias", [outputs]);
            }
        }
    }

    /// <summary>Whether a tensor's name is one of a head.</summary>
    public static bool Owns(string name) => name.StartsWith(Name + ".", StringComparison.Ordinal);
}
