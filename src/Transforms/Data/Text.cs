using System.Text;

namespace Microsoft.ML.RewardModeling;

/// <summary>Strings from outside.</summary>
internal static class Text
{
    /// <summary>The same text with every lone surrogate replaced by U+FFFD, so that it has a UTF-8 form and one hash.</summary>
    public static string WellFormed(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]))
            {
                if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]))
                {
                    i++;
                    continue;
                }

                return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
            }
        }

        return text;
    }
}
