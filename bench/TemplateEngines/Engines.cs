using System.Text.Json;
using Fluid;
using Jint;
using Jint.Native;
using Microsoft.ML.RewardModeling.Scoring;

namespace TemplateEngines;

/// <summary>A way to render a chat template.</summary>
internal interface IEngine
{
    string Name { get; }

    string Render(string template, JsonElement variables);
}

/// <summary>This library's own engine.</summary>
internal sealed class OwnEngine : IEngine
{
    private readonly Dictionary<string, ChatTemplate> _parsed = [];

    public string Name => "own engine";

    public string Render(string template, JsonElement variables)
    {
        if (!_parsed.TryGetValue(template, out ChatTemplate? parsed))
        {
            _parsed[template] = parsed = ChatTemplate.Parse(template);
        }

        return parsed.Render(variables.EnumerateObject().ToDictionary(property => property.Name, property => (object?)property.Value));
    }
}

/// <summary>npm's @huggingface/jinja in the JavaScript engine Jint. The date is fixed for it too.</summary>
internal sealed class JintEngine : IEngine, IDisposable
{
    private const string Setup = """
        const parsed = new Map();
        function render(template, json) {
            if (!parsed.has(template)) parsed.set(template, new module.exports.Template(template));
            return parsed.get(template).render(JSON.parse(json));
        }
        """;

    private readonly Engine _engine = new();
    private readonly JsValue _render;

    public JintEngine(string code)
    {
        _engine.Execute("const RealDate = Date; Date = class extends RealDate { constructor(...a) { a.length > 0 ? super(...a) : super(2024, 6, 26); } };");
        _engine.Execute("var module = { exports: {} }; var exports = module.exports;");
        _engine.Execute(code);
        _engine.Execute(Setup);
        _render = _engine.GetValue("render");
    }

    public string Name => "Jint with @huggingface/jinja";

    public void Dispose() => _engine.Dispose();

    public string Render(string template, JsonElement variables) => _engine.Invoke(_render, template, variables.GetRawText()).AsString();
}

/// <summary>Fluid, whose language is Liquid.</summary>
internal sealed class FluidEngine : IEngine
{
    private readonly FluidParser _parser = new();
    private readonly Dictionary<string, (IFluidTemplate? Template, string? Error)> _parsed = [];

    public string Name => "Fluid (Liquid)";

    public string Render(string template, JsonElement variables)
    {
        if (!_parsed.TryGetValue(template, out (IFluidTemplate? Template, string? Error) parsed))
        {
            _parsed[template] = parsed = _parser.TryParse(template, out IFluidTemplate? read, out string? error) ? (read, null) : (null, error);
        }

        TemplateContext context = new();
        foreach (JsonProperty property in variables.EnumerateObject())
        {
            context.SetValue(property.Name, Plain(property.Value));
        }

        return parsed.Template is null ? throw new InvalidDataException(parsed.Error) : parsed.Template.Render(context);
    }

    private static object? Plain(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().ToDictionary(property => property.Name, property => Plain(property.Value)),
        JsonValueKind.Array => value.EnumerateArray().Select(Plain).ToList(),
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number => value.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };
}
