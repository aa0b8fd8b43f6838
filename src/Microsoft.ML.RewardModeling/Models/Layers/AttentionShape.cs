namespace Microsoft.ML.RewardModeling.Models.Layers;

/// <summary>The constants of one attention.</summary>
/// <param name="Heads">Query heads.</param>
/// <param name="Groups">Key-value heads; each serves Heads / Groups query heads.</param>
/// <param name="HeadDim">Size of one head.</param>
/// <param name="Scale">What scores are multiplied by.</param>
/// <param name="Softcap">c: scores s become c tanh(s / c); null for none.</param>
/// <param name="Window">A token sees itself and the Window - 1 before it; null for all before it.</param>
internal sealed record AttentionShape(int Heads, int Groups, int HeadDim, double Scale, double? Softcap = null, int? Window = null);
