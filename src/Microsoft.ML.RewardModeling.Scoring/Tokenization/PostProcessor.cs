using System.Text.Json;

namespace Microsoft.ML.RewardModeling.Scoring.Tokenization;

/// <summary>
/// The ids that a tokenizer adds before and after a single text, as the <c>post_processor</c> of tokenizer.json says.
/// </summary>
internal sealed record PostProcessor(int[] Before, int[] After)
{
    public static PostProcessor None { get; } = new([], []);

    public static PostProcessor FromJson(JsonElement parent, string where) =>
        parent.TryGet("post_processor", out JsonElement element) ? Parse(element, $"{where} post_processor") : None;

    private static PostProcessor Parse(JsonElement element, string where)
    {
        switch (element.Text("type", where))
        {
            case "ByteLevel":
                // It changes offsets only.
                return None;
            case "Sequence":
                PostProcessor all = None;
                foreach (JsonElement item in element.Items("processors", where))
                {
                    PostProcessor next = Parse(item, where);
                    all = new PostProcessor([.. next.Before, .. all.Before], [.. all.After, .. next.After]);
                }

                return all;
            case "TemplateProcessing":
                return Template(element, where);
            case "RobertaProcessing" or "BertProcessing":
                return new PostProcessor([PairId(element, "cls", where)], [PairId(element, "sep", where)]);
            case var type:
                throw JsonFields.Unsupported(where, $"the post-processor '{type}'");
        }
    }

    private static PostProcessor Template(JsonElement element, string where)
    {
        List<int> before = [];
        List<int>? after = null;
        foreach (JsonElement piece in element.Items("single", where))
        {
            if (piece.TryGet("SpecialToken", out JsonElement special))
            {
                string name = special.Text("id", where);
                JsonElement token = element.Required("special_tokens", where).Required(name, where);
                (after ?? before).AddRange(token.Items("ids", where).Select(id => id.GetInt32()));
            }
            else if (piece.TryGet("Sequence", out JsonElement sequence) && sequence.Text("id", where) == "A" && after is null)
            {
                after = [];
            }
            else
            {
                throw JsonFields.Unsupported(where, $"the template piece {piece.GetRawText()}");
            }
        }

        return after is null
            ? throw JsonFields.Unsupported(where, "a template without the sequence A")
            : new PostProcessor([.. before], [.. after]);
    }

    private static int PairId(JsonElement element, string name, string where)
    {
        JsonElement pair = element.Required(name, where);
        return pair.ValueKind == JsonValueKind.Array && pair.GetArrayLength() == 2 && pair[1].TryGetInt32(out int id)
            ? id
            : throw JsonFields.Unsupported(where, $"'{name}' {pair.GetRawText()}");
    }
}
