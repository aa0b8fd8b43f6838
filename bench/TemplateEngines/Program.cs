// How many renderings of real chat templates each engine gets right, and how long they take. The results are in docs/templates.md.
//
//   npm pack @huggingface/jinja@0.5.11 && tar -xzf huggingface-jinja-0.5.11.tgz package/dist/index.cjs
//   node tools/template-download.mjs > templates.jsonl
//   dotnet run -c Release --project bench/TemplateEngines -- templates.jsonl package/dist/index.cjs
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using TemplateEngines;

if (args.Length != 2)
{
    Console.Error.WriteLine("Expected: TEMPLATES.jsonl INDEX.cjs (see the head of bench/TemplateEngines/Program.cs).");
    return 2;
}

const string Models = "test/Microsoft.ML.RewardModeling.Scoring.Tests/Templates/Models";
JsonElement[] conversations = Read($"{Models}/conversations.jsonl");
Dictionary<string, JsonElement> goldens = Read($"{Models}/goldens.jsonl").ToDictionary(row => row.GetProperty("model").GetString()!);
(string Model, string Template)[] templates =
    [.. Read(args[0]).Select(row => (row.GetProperty("model").GetString()!, row.GetProperty("template").GetString()!))];

foreach (IEngine engine in new IEngine[] { new OwnEngine(), new JintEngine(File.ReadAllText(args[1])), new FluidEngine() })
{
    int texts = 0, equalTexts = 0, errors = 0, sameErrors = 0, sameMessages = 0, models = 0;
    string? firstError = null;
    foreach ((string model, string template) in templates)
    {
        bool all = true;
        foreach (JsonElement conversation in conversations)
        {
            JsonElement golden = goldens[model].GetProperty("outputs").GetProperty(conversation.GetProperty("name").GetString()!);
            (string? text, string? error) = Try(engine, template, conversation.GetProperty("variables"));
            bool equal;
            if (golden.TryGetProperty("error", out JsonElement message))
            {
                errors++;
                sameErrors += error is not null ? 1 : 0;
                sameMessages += error == message.GetString() ? 1 : 0;
                equal = error is not null;
            }
            else
            {
                texts++;
                firstError ??= error;
                equal = text is not null && Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))) == golden.GetProperty("sha256").GetString();
                equalTexts += equal ? 1 : 0;
            }

            all &= equal;
        }

        models += all ? 1 : 0;
    }

    // The same renderings again, for the time of each when templates are read and code is warm.
    long renderings = 0;
    Stopwatch watch = Stopwatch.StartNew();
    for (int round = 0; round < 3; round++)
    {
        foreach ((_, string template) in templates)
        {
            foreach (JsonElement conversation in conversations)
            {
                _ = Try(engine, template, conversation.GetProperty("variables"));
                renderings++;
            }
        }
    }

    Console.WriteLine(
        $"{engine.Name}: texts equal {equalTexts} of {texts}; errors where Jinja2 has one {sameErrors} of {errors} (same message {sameMessages}); "
        + $"models without a difference {models} of {templates.Length}; {watch.Elapsed.TotalMicroseconds / renderings:0} us a rendering"
        + (firstError is null ? "" : $"; first wrong error: {firstError}"));
}

return 0;

static (string? Text, string? Error) Try(IEngine engine, string template, JsonElement variables)
{
    try
    {
        return (engine.Render(template, variables), null);
    }
    catch (Exception exception)
    {
        return (null, Regex.Replace(exception.Message, @"\AThe chat template failed in line \d+: ", ""));
    }
}

static JsonElement[] Read(string path) => [.. File.ReadLines(path).Select(line => JsonDocument.Parse(line).RootElement)];
