namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>
/// Where the content of a section or a JSON property stands in a reply: characters <paramref name="Start"/> up to
/// <paramref name="End"/>, announced by a mark or a property name at <paramref name="Name"/>.
/// </summary>
internal readonly record struct FieldPlace(int Name, int Start, int End)
{
    public string In(string text) => text[Start..End];
}
