using System.Security.Cryptography;

namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>
/// Texts between marks: <c>&lt;&lt;&lt;code NAME&gt;&gt;&gt;</c>, the text, <c>&lt;&lt;&lt;code END&gt;&gt;&gt;</c>,
/// each mark on a line of its own.
/// The code is a hash of all quoted texts and appears in none of them, so no text can close its section or open another.
/// </summary>
internal static class Sections
{
    /// <summary>A code of 16 hexadecimal digits that depends only on the texts and occurs in none of them.</summary>
    public static string Nonce(params IEnumerable<string> texts)
    {
        string[] all = [.. texts];
        for (int round = 0; ; round++)
        {
            byte[] content = Json.ToBytes(writer =>
            {
                writer.WriteStartArray();
                writer.WriteNumberValue(round);
                foreach (string text in all)
                {
                    writer.WriteStringValue(text);
                }

                writer.WriteEndArray();
            });
            string nonce = Convert.ToHexStringLower(SHA256.HashData(content).AsSpan(0, 8));
            if (!all.Any(t => t.Contains(nonce, StringComparison.OrdinalIgnoreCase)))
            {
                return nonce;
            }
        }
    }

    public static string Render(string nonce, string name, string content) => $"{Open(nonce, name)}\n{content}\n{Close(nonce)}";

    /// <summary>The content of the one section with this name; anything but exactly one complete section is a problem.</summary>
    public static Parsed<string> Find(string text, string nonce, string name)
    {
        Parsed<FieldPlace> place = Locate(text, nonce, name);
        return place.Problem is { } problem ? Parsed<string>.Invalid(problem) : place.Value.In(text);
    }

    /// <summary>Where that content stands.</summary>
    public static Parsed<FieldPlace> Locate(string text, string nonce, string name)
    {
        string open = Open(nonce, name);
        int mark = text.IndexOf(open, StringComparison.Ordinal);
        if (mark < 0)
        {
            return Parsed<FieldPlace>.Invalid($"The section {open} is missing.");
        }

        int start = mark + open.Length;
        if (text.IndexOf(open, start, StringComparison.Ordinal) >= 0)
        {
            return Parsed<FieldPlace>.Invalid($"The section {open} is there more than once.");
        }

        int end = text.IndexOf("<<<" + nonce, start, StringComparison.Ordinal);
        return end >= 0 && string.CompareOrdinal(text, end, Close(nonce), 0, Close(nonce).Length) == 0
            ? WithoutMarkLines(text, mark, start, end)
            : Parsed<FieldPlace>.Invalid($"The section {open} is not closed by {Close(nonce)}.");
    }

    /// <summary>All sections in order, for the exact inverse of a rendered request.</summary>
    public static IEnumerable<(string Name, string Content)> ReadAll(string text, string nonce)
    {
        string mark = "<<<" + nonce + " ";
        for (int at = text.IndexOf(mark, StringComparison.Ordinal); at >= 0; at = text.IndexOf(mark, at, StringComparison.Ordinal))
        {
            int nameEnd = text.IndexOf(">>>", at, StringComparison.Ordinal);
            int end = nameEnd < 0 ? -1 : text.IndexOf(Close(nonce), nameEnd, StringComparison.Ordinal);
            if (end < 0)
            {
                yield break;
            }

            yield return (text[(at + mark.Length)..nameEnd], WithoutMarkLines(text, at, nameEnd + 3, end).In(text));
            at = end + Close(nonce).Length;
        }
    }

    private static string Open(string nonce, string name) => $"<<<{nonce} {name}>>>";

    private static string Close(string nonce) => $"<<<{nonce} END>>>";

    // The line ends that belong to the marks, and nothing else.
    private static FieldPlace WithoutMarkLines(string text, int mark, int start, int end)
    {
        ReadOnlySpan<char> content = text.AsSpan(start, end - start);
        int before = content.StartsWith("\r\n", StringComparison.Ordinal) ? 2 : content.StartsWith('\n') ? 1 : 0;
        int after = content.EndsWith("\r\n", StringComparison.Ordinal) ? 2 : content.EndsWith('\n') ? 1 : 0;
        return new FieldPlace(mark, start + before, Math.Max(start + before, end - after));
    }
}
