using System.Text.Json;

namespace Microsoft.ML.RewardModeling.Scoring.Tokenization;

/// <summary>
/// What stands beside tokenizer.json: <c>tokenizer_config.json</c>, <c>special_tokens_map.json</c> and <c>chat_template.jinja</c>.
/// All are optional.
/// </summary>
internal sealed class TokenizerConfig
{
    private static readonly string[] Names =
        ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

    private TokenizerConfig(JsonElement config, JsonElement map, string where)
    {
        foreach (string name in Names)
        {
            if (TokenText(config, name, where) is string token || (token = TokenText(map, name, where)!) is not null)
            {
                SpecialTokens[name] = token;
            }
        }

        if (config.TryGet("additional_special_tokens", out JsonElement additional)
            || map.TryGet("additional_special_tokens", out additional))
        {
            AdditionalSpecialTokens = [.. additional.EnumerateArray().Select(item => TokenText(item, where)!)];
        }

        TokenizerClass = config.TryGet("tokenizer_class", out _) ? config.Text("tokenizer_class", where) : "";
        AddsBos = config.TryGet("add_bos_token", out _) ? config.Flag("add_bos_token", where, false) : null;
        AddsEos = config.TryGet("add_eos_token", out _) ? config.Flag("add_eos_token", where, false) : null;

        CleansUpSpaces = config.Flag("clean_up_tokenization_spaces", where, false);

        // transformers writes 1e30 where there is no limit.
        if (config.TryGet("model_max_length", out JsonElement length) && length.ValueKind == JsonValueKind.Number
            && length.GetDouble() is >= 2 and < 1e9)
        {
            ModelMaxLength = (int)length.GetDouble();
        }

        if (config.TryGet("added_tokens_decoder", out JsonElement added))
        {
            foreach (JsonProperty entry in added.EnumerateObject())
            {
                AddedTokens.Add(AddedToken.FromJson(
                    int.TryParse(entry.Name, out int id) && id >= 0
                        ? id
                        : throw new RewardScoringException($"{where}: added_tokens_decoder has the key '{entry.Name}'; expected a token id."),
                    entry.Value,
                    where));
            }
        }

        ChatTemplate = Template(config, where);
    }

    public Dictionary<string, string> SpecialTokens { get; } = [];

    public string[] AdditionalSpecialTokens { get; } = [];

    public List<AddedToken> AddedTokens { get; } = [];

    public string TokenizerClass { get; }

    /// <summary>Whether decoding takes out the spaces before punctuation.</summary>
    public bool CleansUpSpaces { get; }

    public bool? AddsBos { get; }

    public bool? AddsEos { get; }

    /// <summary>The maximum length the tokenizer states, unless it means "no limit".</summary>
    public int? ModelMaxLength { get; }

    public string? ChatTemplate { get; private set; }

    public static TokenizerConfig Load(string directory)
    {
        string path = Path.Combine(directory, "tokenizer_config.json");
        TokenizerConfig config = new(
            JsonFile.ReadOptional(path), JsonFile.ReadOptional(Path.Combine(directory, "special_tokens_map.json")), path);
        string template = Path.Combine(directory, "chat_template.jinja");
        if (File.Exists(template))
        {
            config.ChatTemplate = File.ReadAllText(template);
        }

        return config;
    }

    private static string? Template(JsonElement config, string where)
    {
        if (!config.TryGet("chat_template", out JsonElement template))
        {
            return null;
        }

        if (template.ValueKind == JsonValueKind.Array)
        {
            // Several named templates: transformers takes the one called "default".
            foreach (JsonElement item in template.EnumerateArray())
            {
                if (item.Text("name", where) == "default")
                {
                    return item.Text("template", where);
                }
            }

            throw JsonFields.Unsupported(where, "a list of chat templates without one named 'default'");
        }

        return config.Text("chat_template", where);
    }

    private static string? TokenText(JsonElement parent, string name, string where) =>
        parent.TryGet(name, out JsonElement element) ? TokenText(element, where) : null;

    private static string? TokenText(JsonElement element, string where) =>
        element.ValueKind == JsonValueKind.String ? element.GetString() : element.Text("content", where);
}
