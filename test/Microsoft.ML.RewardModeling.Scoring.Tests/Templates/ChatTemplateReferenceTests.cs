using System.Text.Json;
using System.Text.Json.Nodes;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Scoring.Tests.Templates;

[TestClass]
public sealed class ChatTemplateReferenceTests
{
    [TestMethod]
    public void Render_ReferenceCases_EqualJinja()
    {
        List<string> differences = ReferenceCases.Differences(ReferenceCases.Lines);
        Assert.IsEmpty(differences, string.Join('\n', differences));
    }

    [TestMethod]
    public void Render_WhatPythonRendersNow_EqualsJinja()
    {
        // The recorded cases and the templates of real models at hand, over conversations of many shapes.
        List<string> rows = [.. ReferenceCases.Lines, .. ModelRows()];
        string[]? rendered = ReferenceCases.RenderWithPython(rows, out string reason);
        if (rendered is null)
        {
            Assert.Inconclusive($"skipped: python3 with jinja2 is not here ({reason.Trim()})");
            return;
        }

        Assert.HasCount(rows.Count, rendered);
        List<string> differences = ReferenceCases.Differences(rendered);
        Assert.IsEmpty(differences, string.Join('\n', differences));
    }

    private static IEnumerable<string> ModelRows()
    {
        string[] configs =
        [
            TestData.Own("models", "rm-nano-base", "tokenizer_config.json"),
            Path.GetFullPath(Path.Combine(TestData.SharedOrSkip("tokenizers", "qwen3"), "tokenizer_config.json")),
        ];
        string[][] roles =
        [
            ["user"], ["system", "user"], ["user", "assistant"], ["system", "user", "assistant", "user", "assistant"], ["user", "assistant", "tool", "tool"],
            ["assistant", "user"], ["user", "user"],
        ];
        string[] contents = ["Hi", "  two\n\nlines \n", "<think>\nwhy\n</think>\n\nBecause 🙂.", "", "{{ 1 }} {% x %} <|im_end|>", "\u0001 ż \"q\" 'r'\r\n\t"];
        foreach (string config in configs)
        {
            string template = JsonDocument.Parse(File.ReadAllText(config)).RootElement.GetProperty("chat_template").GetString()!;
            foreach (string[] sequence in roles)
            {
                for (int shift = 0; shift < contents.Length; shift++)
                {
                    JsonArray messages = [.. sequence.Select((role, i) => new JsonObject
                    {
                        ["role"] = role, ["content"] = contents[(i + shift) % contents.Length],
                    })];
                    yield return new JsonObject
                    {
                        ["name"] = $"{Path.GetFileName(Path.GetDirectoryName(config))} {string.Join('-', sequence)} {shift}",
                        ["template"] = template,
                        ["variables"] = new JsonObject
                        {
                            ["messages"] = messages, ["add_generation_prompt"] = shift % 2 == 0, ["tools"] = null, ["bos_token"] = "<|bos|>",
                        },
                    }.ToJsonString();
                }
            }
        }
    }
}
