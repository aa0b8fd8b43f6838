using System.Text.Json;

namespace Microsoft.ML.RewardModeling;

/// <summary>One row of a file as JSON, with the place to name in errors (<c>path:line</c>).</summary>
internal readonly record struct PairRecord(string Place, JsonElement Row);
