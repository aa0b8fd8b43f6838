using System.CommandLine;
using RewardModeling.Tool.CommandLine;
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

    private static int Run(string? tokenizerPath, string? templatePath, string inputPath, string outputPath, ToolContext context) =>
        throw new NotSupportedException();
}
