using System.Text.Json.Nodes;

namespace RewardModeling.Tool.Teaching;

/// <summary>What a command says about the rows that it wrote.</summary>
/// <param name="Rows">All rows.</param>
/// <param name="Usable">Rows with status "ok".</param>
/// <param name="Failures">Number of rows by every other status.</param>
/// <param name="First">Id and status of the first row, as an example.</param>
internal sealed record RowSummary(int Rows, int Usable, IReadOnlyDictionary<string, int> Failures, Func<(string Id, string? Status)> First)
{
    /// <summary>Further figures for scripts.</summary>
    public IReadOnlyList<KeyValuePair<string, JsonNode?>> Figures { get; init; } = [];

    /// <summary>Further lines for people.</summary>
    public IReadOnlyList<string> Lines { get; init; } = [];
}
