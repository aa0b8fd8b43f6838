using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML.RewardModeling.Scoring;
using RewardModeling.Tool.CommandLine;
using RewardModeling.Tool.Files;
using RewardModeling.Tool.Terminal;

namespace RewardModeling.Tool.Commands;

/// <summary><c>rewardmodel render</c>: conversations as the chat template writes them.</summary>
internal static class RenderCommand
{
    private const string Examples = """
        rewardmodel render --tokenizer data/models/rm-nano-base --input conversations.jsonl --out texts.jsonl
        rewardmodel render --template chat_template.jinja --input conversations.jsonl --out texts.jsonl

        A row {"id": "c1", "messages": [{"role": "user", "content": "Hi"}], "add_generation_prompt": true}
        becomes {"id": "c1", "text": "..."}, or {"id": "c1", "error": "..."} where the template refuses it.
        Optional: "tools", and "variables" with values such as bos_token that override the tokenizer's.
        """;

    public static ToolCommand Create()
    {
        Option<string?> tokenizer = Options.Path("--tokenizer", "DIR", "Folder whose tokenizer brings the chat template.");
        Option<string?> template = Options.Path("--template", "FILE", "File with a Jinja chat template.");
        Option<string> input = Options.RequiredPath("--input", "CONVERSATIONS.jsonl", "Conversations; .jsonl or .jsonl.gz.");
        Option<string> output = Options.RequiredPath("--out", "TEXTS.jsonl", "File to write.");
        Command command = new("render", "Show conversations as the chat template writes them.") { tokenizer, template, input, output };
        command.Validators.Add(result =>
        {
            if (result.GetValue(tokenizer) is null == result.GetValue(template) is null)
            {
                result.AddError("Expected exactly one of --tokenizer DIR and --template FILE.");
            }
        });
        return new(command, Examples, (parsed, context) => Run(
            parsed.GetValue(tokenizer), parsed.GetValue(template), parsed.GetRequiredValue(input), parsed.GetRequiredValue(output), context));
    }

    private static int Run(string? tokenizerPath, string? templatePath, string inputPath, string outputPath, ToolContext context)
    {
        (ChatTemplate template, IReadOnlyDictionary<string, object?> standard) = Load(tokenizerPath, templatePath);
        string input = InputPaths.File("--input", inputPath);
        string output = OutputPaths.File("--out", outputPath);
        long refused = 0;
        using JsonLinesWriter writer = new(output);
        foreach (JsonRow row in JsonLines.Read(input))
        {
            context.Cancellation.ThrowIfCancellationRequested();
            JsonObject rendered = Render(row, template, standard);
            refused += rendered.ContainsKey("error") ? 1 : 0;
            writer.Write(rendered);
        }

        writer.Commit();
        context.Result(
            new JsonObject { ["rows"] = writer.Rows, ["errors"] = refused, ["out"] = output },
            $"{writer.Rows - refused} conversations rendered, {refused} refused by the template: {output}");
        return ExitCode.Success;
    }

    private static (ChatTemplate Template, IReadOnlyDictionary<string, object?> Variables) Load(string? tokenizerPath, string? templatePath)
    {
        if (templatePath is not null)
        {
            return (ChatTemplate.Parse(File.ReadAllText(InputPaths.File("--template", templatePath))), new Dictionary<string, object?>());
        }

        string folder = InputPaths.Folder("--tokenizer", tokenizerPath!);
        HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.Load(folder);
        string source = tokenizer.ChatTemplateSource ?? throw new WorkException(
            $"{folder} has no chat template (looked for chat_template.jinja and chat_template in tokenizer_config.json). Give one with --template FILE.");
        return (ChatTemplate.Parse(source), tokenizer.SpecialTokens);
    }

    private static JsonObject Render(JsonRow row, ChatTemplate template, IReadOnlyDictionary<string, object?> standard)
    {
        // The variables that transformers passes, in its order of precedence: the row's own come last.
        Dictionary<string, object?> variables = new(standard)
        {
            ["messages"] = ToElement(row.Require("messages") as JsonArray ?? throw row.Wrong("messages", "a list of {\"role\", \"content\"} messages")),
            ["tools"] = ToElement(row.Value["tools"] is null or JsonArray ? row.Value["tools"] : throw row.Wrong("tools", "a list of tools")),
            ["documents"] = null,
            ["add_generation_prompt"] = row.Value["add_generation_prompt"]?.GetValueKind() switch
            {
                null or JsonValueKind.False => false,
                JsonValueKind.True => true,
                _ => throw row.Wrong("add_generation_prompt", "true or false"),
            },
        };
        JsonNode? own = row.Value["variables"];
        foreach ((string name, JsonNode? value) in own is null ? [] : own as JsonObject ?? throw row.Wrong("variables", "an object of names and values"))
        {
            variables[name] = ToElement(value);
        }

        JsonObject rendered = new() { ["id"] = row.Require("id").DeepClone() };
        try
        {
            rendered["text"] = template.Render(variables);
        }
        catch (RewardScoringException refusal)
        {
            rendered["error"] = refusal.Message;
        }

        return rendered;
    }

    private static JsonElement? ToElement(JsonNode? node) => node?.Deserialize<JsonElement>();
}
