using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Microsoft.ML.RewardModeling.Scoring.Tokenization;

/// <summary>Changes text before it is split, as the <c>normalizer</c> of tokenizer.json says.</summary>
internal abstract class Normalizer
{
    public abstract string Apply(string text);

    /// <summary>Reads a normalizer; null when the file has none.</summary>
    public static Normalizer? FromJson(JsonElement parent, string where)
    {
        if (!parent.TryGet("normalizer", out JsonElement element))
        {
            return null;
        }

        return Parse(element, $"{where} normalizer");
    }

    private static Normalizer Parse(JsonElement element, string where) => element.Text("type", where) switch
    {
        "Sequence" => new SequenceNormalizer([.. element.Items("normalizers", where).Select(item => Parse(item, where))]),
        "Prepend" => new PrependNormalizer(element.Text("prepend", where)),
        "Replace" => new ReplaceNormalizer(
            SplitPattern.FromJson(element.Required("pattern", where), where), element.Text("content", where)),
        "NFC" => new FormNormalizer(NormalizationForm.FormC),
        "NFD" => new FormNormalizer(NormalizationForm.FormD),
        "NFKC" => new FormNormalizer(NormalizationForm.FormKC),
        "NFKD" => new FormNormalizer(NormalizationForm.FormKD),
        "Lowercase" => new LowercaseNormalizer(),
        "Strip" => new StripNormalizer(element.Flag("strip_left", where, true), element.Flag("strip_right", where, true)),
        "StripAccents" => new StripAccentsNormalizer(),
        string type => throw JsonFields.Unsupported(where, $"the normalizer '{type}'"),
    };
}

internal sealed class SequenceNormalizer(Normalizer[] normalizers) : Normalizer
{
    public override string Apply(string text) => normalizers.Aggregate(text, (current, normalizer) => normalizer.Apply(current));
}

internal sealed class PrependNormalizer(string prefix) : Normalizer
{
    public override string Apply(string text) => text.Length == 0 ? text : prefix + text;
}

internal sealed class ReplaceNormalizer(SplitPattern pattern, string content) : Normalizer
{
    public override string Apply(string text)
    {
        List<Part> parts = [];
        pattern.Find(text, parts);
        StringBuilder result = new(text.Length);
        foreach (Part part in parts)
        {
            _ = part.IsMatch ? result.Append(content) : result.Append(text, part.Start, part.Length);
        }

        return result.ToString();
    }
}

internal sealed class FormNormalizer(NormalizationForm form) : Normalizer
{
    // In .NET's invariant-globalization mode Normalize returns non-ASCII text unchanged and says nothing.
    private static readonly bool Works = "e\u0301".Normalize(NormalizationForm.FormC).Length == 1;

    public override string Apply(string text)
    {
        if (Ascii.IsValid(text))
        {
            return text;
        }

        if (!Works)
        {
            throw new RewardScoringException(
                "This tokenizer normalizes Unicode text, which .NET cannot do here: the application runs in invariant-globalization mode "
                + "or without ICU. Set InvariantGlobalization to false (DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=0) and install libicu.");
        }

        // Normalize refuses the noncharacter U+FFFE, which no normal form changes.
        return text.Contains('\uFFFE', StringComparison.Ordinal)
            ? string.Join('\uFFFE', text.Split('\uFFFE').Select(part => part.Normalize(form)))
            : text.Normalize(form);
    }
}

internal sealed class LowercaseNormalizer : Normalizer
{
    public override string Apply(string text)
    {
        StringBuilder result = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            // The only character whose lower case is two; .NET's invariant mapping keeps it.
            _ = rune.Value == 0x130 ? result.Append("i\u0307") : result.Append(Rune.ToLowerInvariant(rune).ToString());
        }

        return result.ToString();
    }
}

internal sealed class StripNormalizer(bool left, bool right) : Normalizer
{
    public override string Apply(string text)
    {
        text = left ? text.TrimStart() : text;
        return right ? text.TrimEnd() : text;
    }
}

internal sealed class StripAccentsNormalizer : Normalizer
{
    public override string Apply(string text)
    {
        StringBuilder result = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
                or UnicodeCategory.EnclosingMark))
            {
                result.Append(rune.ToString());
            }
        }

        return result.ToString();
    }
}
