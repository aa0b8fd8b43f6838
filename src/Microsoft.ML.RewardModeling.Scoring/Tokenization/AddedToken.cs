using System.Text.Json;

namespace Microsoft.ML.RewardModeling.Scoring.Tokenization;

/// <summary>A token that is found in the text itself, before the model sees it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">Its text.</param>
/// <param name="SingleWord">It counts only where no word character touches it.</param>
/// <param name="LeftStrip">It takes the white space before it.</param>
/// <param name="RightStrip">It takes the white space after it.</param>
/// <param name="Normalized">It is looked for in the normalized text instead of the original.</param>
/// <param name="Special">It is a control token, which decoding can leave out.</param>
internal sealed record AddedToken(
    int Id, string Content, bool SingleWord, bool LeftStrip, bool RightStrip, bool Normalized, bool Special)
{
    public static AddedToken FromJson(int id, JsonElement element, string where)
    {
        bool special = element.Flag("special", where, false);
        return new AddedToken(
            id,
            element.Text("content", where),
            element.Flag("single_word", where, false),
            element.Flag("lstrip", where, false),
            element.Flag("rstrip", where, false),
            element.Flag("normalized", where, !special),
            special);
    }
}
