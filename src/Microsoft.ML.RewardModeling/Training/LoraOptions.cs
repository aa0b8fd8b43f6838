namespace Microsoft.ML.RewardModeling;

/// <summary>
/// Low-rank adaptation (Hu et al., arXiv 2106.09685): the backbone is left as it is, and each chosen linear layer learns a
/// change of low rank. The reward head is trained in full. When training is done the changes are merged into the weights.
/// </summary>
public sealed record LoraOptions
{
    /// <summary>Rank r of the changes. Default 8. At least 1.</summary>
    public int Rank { get; init; } = 8;

    /// <summary>Alpha: changes are scaled by alpha / r. Default 16. Above 0.</summary>
    public double Alpha { get; init; } = 16;

    /// <summary>Share of a layer's inputs that its change does not see in a training step. Default 0. From 0 to less than 1.</summary>
    public double Dropout { get; init; }

    /// <summary>
    /// Last parts of the names of the layers that are changed, such as <c>q_proj</c>. Default empty: every linear layer of the
    /// decoder, which is what works best (Dettmers et al., arXiv 2305.14314).
    /// </summary>
    public IReadOnlyList<string> Targets { get; init; } = [];

    /// <summary>All values in one line.</summary>
    public override string ToString() => FormattableString.Invariant($"rank {Rank}, alpha {Alpha}, dropout {Dropout}, targets {(Targets.Count == 0 ? "all" : string.Join(" ", Targets))}");

    internal IEnumerable<string> Problems()
    {
        if (Rank < 1)
        {
            yield return FormattableString.Invariant($"Lora.Rank is {Rank}; expected at least 1");
        }

        if (!(Alpha > 0) || !double.IsFinite(Alpha))
        {
            yield return FormattableString.Invariant($"Lora.Alpha is {Alpha}; expected a number above 0");
        }

        if (Dropout is not (>= 0 and < 1))
        {
            yield return FormattableString.Invariant($"Lora.Dropout is {Dropout}; expected from 0 to less than 1");
        }

        if (Targets is null || Targets.Any(string.IsNullOrWhiteSpace))
        {
            yield return "Lora.Targets is null or has an empty name; expected names of linear layers, or none for all";
        }
    }
}
