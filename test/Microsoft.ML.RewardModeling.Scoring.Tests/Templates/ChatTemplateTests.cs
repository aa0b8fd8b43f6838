using System.Text.Json;

namespace Microsoft.ML.RewardModeling.Scoring.Tests.Templates;

/// <summary>Templates with results written by hand; the comparison with Jinja2 itself is in <see cref="ChatTemplateReferenceTests"/>.</summary>
[TestClass]
public sealed class ChatTemplateTests
{
    private static readonly ChatTurn[] Turns = [new("system", "Be kind."), new("user", " Hi "), new("assistant", "Hello")];

    [TestMethod]
    public void Render_Turns_GivesRolesAndContents() => Assert.AreEqual(
        "<s>[system]Be kind.[user]Hi[assistant]Hello[assistant]",
        ChatTemplate.Parse(
            "{{ bos_token }}{% for m in messages %}[{{ m.role }}]{{ m['content'] | trim }}{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}")
            .Render(Turns, addGenerationPrompt: true, new Dictionary<string, object?> { ["bos_token"] = "<s>" }));

    [TestMethod]
    public void Render_BlocksOnTheirOwnLines_LeaveNoLines() => Assert.AreEqual(
        "a\nsystem\nuser\nassistant\nb",
        ChatTemplate.Parse("a\n{% for m in messages %}\n    {# each #}\n    {% if m.role %}\n{{ m.role }}\n    {% endif %}\n{% endfor %}\nb\n").Render(Turns, false));

    [TestMethod]
    public void Render_SignsInTags_TakeTheWhiteSpaceAround() => Assert.AreEqual(
        "xyz  |  !",
        ChatTemplate.Parse("x \n {{- 'y' -}} \n\n z  {%+ if true %}|  {%- endif +%}  !").Render(Turns, false).Replace("|  !", "|  !", StringComparison.Ordinal));

    [TestMethod]
    public void Render_WithoutToolsGiven_ToolsIsNone() => Assert.AreEqual(
        "none none none", ChatTemplate.Parse("{{ 'none' if tools is none }} {{ 'none' if documents is none }} {{ 'none' if not date_string is defined }}").Render(Turns, false));

    [TestMethod]
    public void Render_DotNetValues_AreTemplateValues()
    {
        Dictionary<string, object?> variables = new()
        {
            ["n"] = 3, ["x"] = 0.5f, ["list"] = new[] { "a", "b" }, ["map"] = new Dictionary<string, object?> { ["k"] = null }, ["yes"] = true,
            ["json"] = JsonDocument.Parse("""{"a":[1,2.0,"t"]}""").RootElement, ["turns"] = Turns,
        };
        Assert.AreEqual(
            "4 0.5 ['a', 'b'] {'k': None} True {\"a\": [1, 2.0, \"t\"]} user",
            ChatTemplate.Parse("{{ n + 1 }} {{ x }} {{ list }} {{ map }} {{ yes }} {{ json | tojson }} {{ turns[1].role }}").Render(variables));
        RewardScoringException exception = Assert.ThrowsExactly<RewardScoringException>(() =>
            ChatTemplate.Parse("{{ x }}").Render(new Dictionary<string, object?> { ["x"] = new object() }));
        Assert.Contains("a variable is a Object", exception.Message);
    }

    [TestMethod]
    public void Render_DateOfToday_IsAlwaysTheSame() => Assert.AreEqual(
        "26 Jul 2024", ChatTemplate.Parse("{{ strftime_now('%d %b %Y') }}").Render(Turns, false));

    [TestMethod]
    public void Render_RaiseException_GivesMessageAndLine() =>
        Fails("a\n{% if true %}\n  {{ raise_exception('Roles must alternate') }}\n{% endif %}", "line 3", "Roles must alternate");

    [TestMethod]
    [DataRow("a\nb {{ nothing.more }}", "line 2", "'nothing' is undefined")]
    [DataRow("{{ 'a' + 1 }}", "line 1", "can only concatenate str")]
    [DataRow("\n\n{{ x | frobnicate }}", "line 3", "the filter 'frobnicate' is not supported")]
    [DataRow("\n{{ x is odder }}", "line 2", "the test 'odder' is not supported")]
    [DataRow("\n{% include 'x' %}", "line 2", "the tag 'include' is not supported")]
    [DataRow("{% for x in y %}\n\nz", "line 3", "unexpected end of the template")]
    [DataRow("\n{{ 'abc' }", "line 2", "unexpected")]
    [DataRow("{{ cycler(1, 2) }}", "line 1", "the function 'cycler' is not supported")]
    [DataRow("{{ 'a'.encode() }}", "line 1", "the string method 'encode' is not supported")]
    [DataRow("{{ 9999999999 * 9999999999 }}", "line 1", "an integer beyond 64 bits")]
    [DataRow("{{ range(1000000) }}", "line 1", "Range too big")]
    public void ParseOrRender_WhatIsWrong_IsNamedWithItsLine(string template, string line, string message) => Fails(template, line, message);

    [TestMethod]
    public void ParseOrRender_VeryDeepNesting_IsAnErrorAndNoCrash()
    {
        Fails("{{ " + new string('(', 5000) + "1" + new string(')', 5000) + " }}", "line 1", "deep");
        Fails("{{ " + string.Concat(Enumerable.Repeat("- ", 5000)) + "1 }}", "line 1", "deep");
        Fails("{{ 1" + string.Concat(Enumerable.Repeat(" + 1", 5000)) + " }}", "line 1", "chains");
        Fails("{{ x" + string.Concat(Enumerable.Repeat(".x", 5000)) + " }}", "line 1", "chains");
        Fails(string.Concat(Enumerable.Repeat("{% if true %}", 5000)), "line 1", "deep");
        Fails("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "line 1", "deep");
        Fails(
            "{% set ns = namespace(x=[]) %}{% for i in range(90000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}", "line 1", "deep");
    }

    [TestMethod]
    [DataRow("{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}", "steps")]
    [DataRow("{% for i in range(100000) %}{% set x = range(100000) | map('string') | list %}{% endfor %}", "steps")]
    [DataRow("{% for i in range(100000) %}{% if i in range(100000) | list %}{% endif %}{% endfor %}", "steps")]
    [DataRow("{% for i in range(1000000000) %}x{% endfor %}", "Range too big")]
    [DataRow("{% set ns = namespace(x='ab') %}{% for i in range(100) %}{% set ns.x = ns.x + ns.x %}{% endfor %}", "longer than")]
    [DataRow("{% set ns = namespace(x=[1]) %}{% for i in range(100) %}{% set ns.x = ns.x + ns.x %}{% endfor %}", "")]
    [DataRow("{% set ns = namespace(x='a') %}{% for i in range(100) %}{% set ns.x = ns.x.replace('a', 'aaaaaaaaaaaaaaaa') %}{% endfor %}", "longer than")]
    [DataRow("{% set ns = namespace(x='a') %}{% for i in range(100) %}{% set ns.x = [ns.x, ns.x] | join(ns.x) %}{% endfor %}", "longer than")]
    [DataRow("{% set ns = namespace(x='a') %}{% for i in range(100) %}{% set ns.x %}{{ ns.x }}{{ ns.x }}{% endset %}{% endfor %}", "longer than")]
    [DataRow("{% set ns = namespace(x='a') %}{% for i in range(100) %}{% set ns.x = '%s%s%s' % (ns.x, ns.x, ns.x) %}{% endfor %}", "longer than")]
    [DataRow("{% set x = 'a' * 9000000 %}{% for i in range(100000) %}{{ x }}{% endfor %}", "longer than")]
    [DataRow("{{ 'a' * 10000000000 }}", "too long")]
    [DataRow("{{ 2 ** 100000000 }}", "beyond 64 bits")]
    public void Render_WithoutEndOrMeasure_IsAnErrorInTime(string template, string message)
    {
        System.Diagnostics.Stopwatch watch = System.Diagnostics.Stopwatch.StartNew();
        Fails(template, message);
        Assert.IsLessThan(60.0, watch.Elapsed.TotalSeconds);
    }

    [TestMethod]
    public void Render_ElseOfALoopThatNeverReachesItsEnd_IsRendered() => Assert.AreEqual(
        "else |aaa", ChatTemplate.Parse("{% for m in messages %}{% continue %}a{% else %}else {% endfor %}|{% for m in messages %}a{% else %}else{% endfor %}").Render(Turns, false));

    [TestMethod]
    public void Render_ManyThreads_GiveTheSame()
    {
        ChatTemplate template = ChatTemplate.Parse(
            "{% set ns = namespace(n=0) %}{% for m in messages %}{% set ns.n = ns.n + m.content | length %}{{ loop.index }}{% endfor %}={{ ns.n }}");
        string[] results = new string[200];
        Parallel.For(0, results.Length, i => results[i] = template.Render(Turns, i % 2 == 0));
        Assert.IsTrue(results.All(result => result == "123=17"), results[0]);
    }

    private static void Fails(string template, params string[] expected)
    {
        RewardScoringException exception = Assert.ThrowsExactly<RewardScoringException>(() => ChatTemplate.Parse(template).Render(Turns, false));
        foreach (string part in expected)
        {
            Assert.Contains(part, exception.Message);
        }
    }
}
