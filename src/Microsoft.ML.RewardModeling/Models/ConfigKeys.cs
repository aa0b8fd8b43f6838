using System.Text.Json;

namespace Microsoft.ML.RewardModeling.Models;

/// <summary>Reads keys of one JSON object of <c>config.json</c> and collects what is wrong with them.</summary>
/// <param name="root">The object; undefined stands for an empty one.</param>
/// <param name="problems">Receives one sentence for every problem.</param>
/// <param name="prefix">Put before the names of keys in problems, for example <c>rope_scaling.</c>.</param>
internal sealed class ConfigKeys(JsonElement root, List<string> problems, string prefix = "")
{
    /// <summary>Names of all keys.</summary>
    public IEnumerable<string> Names => root.ValueKind == JsonValueKind.Object ? root.EnumerateObject().Select(property => property.Name) : [];

    public void Problem(string text) => problems.Add(text);

    /// <summary>Whether the key is there, null or not.</summary>
    public bool Contains(string key) => root.ValueKind == JsonValueKind.Object && root.TryGetProperty(key, out _);

    /// <summary>Whether the key has a value other than null.</summary>
    public bool Has(string key, out JsonElement value)
    {
        value = default;
        return root.ValueKind == JsonValueKind.Object && root.TryGetProperty(key, out value) && value.ValueKind != JsonValueKind.Null;
    }

    /// <summary>An object inside; null when the key is absent or null.</summary>
    public ConfigKeys? Object(string key)
    {
        if (!Has(key, out JsonElement value))
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            Wrong(key, "an object or null");
            return null;
        }

        return new ConfigKeys(value, problems, $"{prefix}{key}.");
    }

    /// <summary>Adds a problem when the key has a value that is not supported.</summary>
    public void Require(string key, Func<JsonElement, bool> supported, string expected)
    {
        if (Has(key, out JsonElement value) && !supported(value))
        {
            problems.Add($"{prefix}{key} {value.GetRawText()} changes the arithmetic and is not supported; expected {expected}");
        }
    }

    /// <summary>A whole number above 0; without a fallback the key is required.</summary>
    public int Positive(string key, int? fallback = null) => Whole(key, fallback, 1);

    /// <summary>A whole number of at least <paramref name="minimum"/>; without a fallback the key is required.</summary>
    public int Whole(string key, int? fallback, int minimum)
    {
        if (!Has(key, out JsonElement value) && fallback is { } number)
        {
            return number;
        }

        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int found) && found >= minimum)
        {
            return found;
        }

        Wrong(key, minimum == 1 ? "a whole number above 0" : $"a whole number of at least {minimum}");
        return 0;
    }

    /// <summary>A number above 0; without a fallback the key is required.</summary>
    public double Number(string key, double? fallback = null)
    {
        if (!Has(key, out JsonElement value) && fallback is { } number)
        {
            return number;
        }

        if (value.ValueKind == JsonValueKind.Number && value.GetDouble() is > 0 and < double.PositiveInfinity and double found)
        {
            return found;
        }

        Wrong(key, "a number above 0");
        return 1;
    }

    public bool Flag(string key, bool fallback = false)
    {
        if (!Has(key, out JsonElement value))
        {
            return fallback;
        }

        if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            Wrong(key, "true or false");
        }

        return value.ValueKind == JsonValueKind.True;
    }

    public string? Text(string key) => Has(key, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>A list of texts; null when the key is absent or null.</summary>
    public IReadOnlyList<string>? Texts(string key)
        => List(key, value => value.ValueKind == JsonValueKind.String ? value.GetString() : null, "a list of texts")?.Select(value => value!).ToArray();

    /// <summary>A list of numbers; null when the key is absent or null.</summary>
    public IReadOnlyList<double>? Numbers(string key)
        => List(key, value => value.ValueKind == JsonValueKind.Number ? value.GetDouble() : (double?)null, "a list of numbers")?.Select(value => value!.Value).ToArray();

    /// <summary>One id or a list of ids.</summary>
    public int[] Ids(string key)
    {
        if (!Has(key, out JsonElement value))
        {
            return [];
        }

        JsonElement[] items = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : [value];
        List<int> ids = [];
        foreach (JsonElement item in items)
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt32(out int id) || id < 0)
            {
                Wrong(key, "an id, a list of ids, or null");
                break;
            }

            ids.Add(id);
        }

        return [.. ids];
    }

    private T[]? List<T>(string key, Func<JsonElement, T> read, string expected)
    {
        if (!Has(key, out JsonElement value))
        {
            return null;
        }

        T[] items = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(read)] : [default!];
        if (items.Any(item => item is null))
        {
            Wrong(key, expected);
            return null;
        }

        return items;
    }

    private void Wrong(string key, string expected)
        => problems.Add(root.ValueKind == JsonValueKind.Object && root.TryGetProperty(key, out JsonElement value)
            ? $"{prefix}{key} is {value.GetRawText()}; expected {expected}"
            : $"{prefix}{key} is missing; expected {expected}");
}
