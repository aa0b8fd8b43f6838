using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;

namespace Microsoft.ML.RewardModeling;

/// <summary>The ids of the rows of one file: each its own, made from the content where the file gives none.</summary>
internal sealed class RowIds
{
    private readonly Dictionary<string, string> _places = [];

    /// <summary>A prefix and 16 hexadecimal digits of the content's SHA-256, the same in every run.</summary>
    public static string FromContent(string prefix, Action<Utf8JsonWriter> content)
        => prefix + Convert.ToHexStringLower(SHA256.HashData(Json.ToBytes(content)).AsSpan(0, 8));

    /// <summary>The id of the next row.</summary>
    /// <param name="given">What the row says; null or empty when it says nothing.</param>
    /// <param name="fromContent">Makes an id; equal rows get numbers behind it.</param>
    /// <param name="place">Where the row stands.</param>
    /// <exception cref="RewardModelingException">Another row has the id already.</exception>
    public string Add(string? given, Func<string> fromContent, string place)
    {
        string id = string.IsNullOrEmpty(given) ? Unused(fromContent()) : given;
        return _places.TryAdd(id, place) ? id : throw new RewardModelingException(
            $"{place}: found the id '{id}', which {_places[id]} has already; expected ids that differ. Rename one, or remove the repeated row.");
    }

    /// <exception cref="RewardModelingException">There was no row.</exception>
    public void MustNotBeEmpty(string path, string row)
    {
        if (_places.Count == 0)
        {
            throw new RewardModelingException($"{path}: found no {row}, expected at least one row. Check that the file is the one you meant.");
        }
    }

    private string Unused(string id)
    {
        string candidate = id;
        for (int copy = 2; _places.ContainsKey(candidate); copy++)
        {
            candidate = id + "-" + copy.ToString(CultureInfo.InvariantCulture);
        }

        return candidate;
    }
}
