using System.Globalization;

namespace Microsoft.ML.RewardModeling.Scoring.Tests.Templates;

/// <summary>Random templates from a grammar: what chat templates use, and every corner beside it.</summary>
internal sealed class RandomTemplates(int seed)
{
    /// <summary>The variables that the templates speak of, as JSON.</summary>
    public const string Variables = """
        {"s":"  Hello, World! \n","t":"a-b_c d","u":"Żółć 🙂 ﬁ ß","e":"","think":"<think>\nhm\n</think>\n\nYes","n":3,"z":0,"m":-7,"f":2.5,"g":-0.125,"b":true,
        "no":false,"none_":null,"l":[3,1,2],"w":["b","A","c","a"],"x":[],"mix":[1,"1",null,true,2.5,[1],{"k":1}],"d":{"k":"v","a b":2,"items":"own","n":{"k":[1,2]}},
        "o":{},"messages":[{"role":"system","content":"Be kind."},{"role":"user","content":" Hi <|im_end|> "},{"role":"assistant","content":"","tool_calls":[{"name":"f","arguments":{"q":"\"x\"","n":1.0}}]},
        {"role":"user","content":null}],"tools":null,"bos_token":"<s>","add_generation_prompt":true}
        """;

    private static readonly string[] Names =
        ["s", "t", "u", "e", "think", "n", "z", "m", "f", "g", "b", "no", "none_", "l", "w", "x", "mix", "d", "o", "messages", "tools", "bos_token", "undefined_", "ns", "v1", "v2"];

    private readonly Random _random = new(seed);
    private int _loops;
    private int _macros;

    public string Next()
    {
        _loops = 0;
        _macros = 0;
        string body = "{% set ns = namespace(a=1, t='') %}" + Statements(3);
        return body;
    }

    private string Pick(params ReadOnlySpan<string> options) => options[_random.Next(options.Length)];

    private bool Chance(int percent) => _random.Next(100) < percent;

    private string Statements(int depth) => string.Concat(Enumerable.Range(0, 1 + _random.Next(4)).Select(_ => Statement(depth)));

    private string Open() => Pick("{% ", "{%- ", "{% ", "{%+ ", "{%-");

    private string Close() => Pick(" %}", " -%}", " %}\n", "%}", " +%}", " %}\n\n  ");

    private string Block(string text) => Open() + text + Close();

    private string Data() => Pick("x", " ", "\n", "  \n  ", "a b\n", "\t|", "\n\n", "}", "{ ", "% }", "é", "\r\n", "");

    private string Statement(int depth)
    {
        int kind = _random.Next(depth > 0 ? 17 : 6);
        switch (kind)
        {
            case 0:
                return Data();
            case 1 or 2 or 3:
                return Pick("{{ ", "{{", "{{- ", "{{-") + Expression(3) + Pick(" }}", "}}", " -}}", "}}\n");
            case 4:
                return Block($"set {Pick("v1", "v2", "ns.a", "ns.t", "ns.c")} = {Expression(3)}");
            case 5:
                return Pick("{# c #}", "{#- c -#}", "{# {{ x }} #}\n", "{% raw %}{{ r }}{% endraw %}", "{%- raw -%} {% r %} {%- endraw %}", "{{ ns.a }}{{ ns.t }}{{ v1 }}");
            case 6 or 7 or 8:
                string elif = Chance(30) ? Block($"elif ({Expression(2)})") + Statements(depth - 1) : "";
                string otherwise = Chance(50) ? Block("else") + Statements(depth - 1) : "";
                return Block($"if ({Expression(3)})") + Statements(depth - 1) + elif + otherwise + Block("endif");
            case 9 or 10 or 11:
                _loops++;
                string target = Pick("i", "i", "i", "k, i", "v1", "message");
                string iterable = target == "k, i" ? Pick("d.items()", "d | items", "messages[0].items()", "d|dictsort", "[(1, 2), (3, 4)]")
                    : Pick("l", "w", "messages", "mix", "range(3)", "x", "u", "d", "l[1:]", "messages[::-1]", "range(5, 0, -2)", $"({Expression(2)})");
                string test = Chance(25) ? $" if {Pick("i", "i is defined", "i is string", $"({Expression(2)})")}" : "";
                string body = Statements(depth - 1)
                    + (Chance(50) ? "{{ " + Pick("loop.index", "loop.index0", "loop.last", "loop.first", "loop.revindex", "loop.length", "loop.previtem", "loop.nextitem", "loop.cycle('a', 'b')",
                        "loop.changed(i)", "loop.depth", "i") + " }}" : "")
                    + (Chance(25) ? Block($"if ({Expression(1)})") + Block(Pick("break", "continue")) + Block("endif") : "")
                    + Statements(depth - 2);
                _loops--;
                return Block($"for {target} in {iterable}{test}") + body + (Chance(20) ? Block("else") + "none" : "") + Block("endfor");
            case 12:
                return Block($"set {Pick("v1", "v2", "ns.t")}{Pick("", "", " | trim", " | upper | replace('A', 'b')")}") + Statements(depth - 1) + Block("endset");
            case 13:
                string name = "m" + (++_macros).ToString(CultureInfo.InvariantCulture);
                string inner = Statements(depth - 1) + Pick("{{ p }}", "{{ p }}{{ q }}", "{{ varargs }}", "{{ kwargs }}", "{{ caller() if caller }}", "{{ p | default('none') }}");
                string call = Pick("{{ NAME(1) }}", "{{ NAME(s, q=2) }}", "{{ NAME() | trim }}", "{{ NAME(1, 2) }}", "{{ NAME(1, 2, 3) }}", "{{ NAME(z=1) }}", "{% set v2 = NAME(l) %}{{ v2 }}",
                    "{% call NAME(1) %}inside{{ n }}{% endcall %}", "{% for i in l %}{{ NAME(i) }}{% endfor %}");
                return Block($"macro {name}(p, q={Expression(1)})") + inner + Block("endmacro") + call.Replace("NAME", name, StringComparison.Ordinal);
            case 14:
                return Block($"filter {Pick("upper", "trim", "replace('l', 'L')", "indent(2)", "title")}") + Statements(depth - 1) + Block("endfilter");
            case 15:
                return Block($"with v1 = {Expression(2)}, v2 = {Pick("v1", "n")}") + Statements(depth - 1) + Block("endwith");
            default:
                return Block("generation") + Statements(depth - 1) + Block("endgeneration");
        }
    }

    private string Expression(int depth)
    {
        if (depth <= 0)
        {
            return Atom();
        }

        switch (_random.Next(15))
        {
            case 0 or 1:
                return Atom();
            case 2:
                return $"{Operand(depth)} {Pick("+", "-", "*", "/", "//", "%", "~", "~", "+", "**")} {Operand(depth)}";
            case 3:
                return $"{Operand(depth)} {Pick("==", "!=", "<", "<=", ">", ">=", "in", "not in")} {Operand(depth)}";
            case 4:
                return $"{Operand(depth)} {Pick("and", "or")} {Pick("", "not ")}{Operand(depth)}";
            case 5:
                return $"{Operand(depth)} if {Expression(depth - 1)}{(Chance(70) ? $" else {Operand(depth)}" : "")}";
            case 6 or 7 or 8:
                return $"{Operand(depth)} | {Filter(depth)}{(Chance(25) ? $" | {Filter(depth)}" : "")}";
            case 9 or 10:
                return $"{Operand(depth)} is {Pick("", "", "not ")}{Test()}";
            case 11:
                return $"{Names[_random.Next(Names.Length)]}{Slice()}";
            case 12:
                return $"{Pick("s", "t", "u", "e", "think", "'a,b,,c'", "'  x '", Operand(depth))}.{Method()}";
            case 13:
                return Pick($"({Expression(depth - 1)})", $"[{Expression(depth - 1)}, {Atom()}]", $"({Expression(depth - 1)},)", $"{{'k': {Expression(depth - 1)}, 2: {Atom()}}}", $"-{Operand(depth)}",
                    $"not {Operand(depth)}", $"dict(a={Expression(depth - 1)})", $"({Atom()}, {Atom()})");
            default:
                return Pick("messages[0]['role']", "messages[-1].content", "messages | length", "messages[1].content | trim", "loop.index", "d.k", "d['a b']", "d.items", "d.n.k[0]", "d.missing", "d['x']['y']", "l[5]",
                    "messages[2].tool_calls[0].arguments | tojson", "undefined_.x", "ns.a", "d.keys() | list", "d.values() | list", "d.get('k')", "d.get('zz', 1)", "l.append(1)", "s.strip().split()",
                    "think.split('</think>')[-1].lstrip('\\n')", "namespace(a=2).a", "range(4) | list", "mix | map('string') | join('|')", "messages | selectattr('role', 'equalto', 'user') | list | length",
                    "messages | map(attribute='role') | list", "raise_exception('no ' ~ n)", "strftime_now('%d %B %Y')", "messages | rejectattr('content') | map(attribute='role') | join(',')", "joiner_", "l.index(1)", "w.count('a')");
        }
    }

    private string Operand(int depth) => Chance(60) ? Atom() : $"({Expression(depth - 1)})";

    private string Atom() => Chance(70)
        ? Names[_random.Next(Names.Length)]
        : Pick("1", "0", "2", "-1", "10", "[1, 2]", "1.5", "1e3", "0.1", "'a'", "\"b c\"", "''", "'\\n'", "true", "false", "none", "True", "None", "[]", "{}", "()", "'%s|%s'", "'<|im_end|>'", "'żó'");

    private string Filter(int depth) => Pick(
        "trim", "upper", "lower", "title", "capitalize", "length", "list", "first", "last", "join", "join(', ')", "string", "int", "float", "abs", "round", "round(1)", "round(1, 'floor')", "default('d')", "default('d', true)",
        "d(n)", "tojson", "tojson(indent=2)", "tojson(separators=(',', ':'))", "tojson(ensure_ascii=true)", "tojson(sort_keys=true)", "replace('l', 'L')", "replace(' ', '')", "replace('l', '', 1)", "indent", "indent(2, true)",
        "reverse", "reverse | list", "sort", "sort(reverse=true)", "sort(attribute='role')", "unique | list", "min", "max", "sum", "items | list", "dictsort", "dictsort(by='value')", "map('upper') | list", "map('length') | list",
        "select('string') | list", "reject('none') | list", "select | list", "selectattr('role', 'eq', 'user') | list", "map(attribute='k', default='x') | list", "batch(2) | list", 
        "trim('x!')", "int(5)", "count", "format(1, 2)", "attr('k')", "map(attribute='content') | join('/')",
        "select('defined') | list | length", "map('trim') | join", "map('replace', 'a', 'b') | list", "first | default('none')", "sum(start=1)", "join(attribute='role')", "unique", "map('upper')", $"default({Atom()})");

    private string Test() => Pick(
        "defined", "undefined", "none", "string", "number", "integer", "float", "boolean", "mapping", "sequence", "iterable", "callable", "true", "false", "odd", "even", "divisibleby 3", "divisibleby(2)", "in l", "in [1, 'a']", "eq 1",
        "equalto('a')", "ne 2", "lt 3", "gt(1)", "ge 2", "le 1", "lower", "upper", "sameas none", "sameas(true)", "in 'abc'", "in d", "filter", "test", "escaped", "sameas 1");

    private string Slice() => Pick("[0]", "[-1]", "[1:]", "[:-1]", "[::-1]", "[1:3]", "[::2]", "[5]", "['k']", "[:n]", "[n:]", "[-3:-1]", "[10:]", "[none:2]", "[b]", "[3::-1]", "[f]", "[u]", "[::0]", "['a':]");

    private string Method() => Pick(
        "strip()", "lstrip()", "rstrip()", "strip('a ')", "rstrip('\\n')", "lstrip('<')", "upper()", "lower()", "title()", "capitalize()", "swapcase()", "split()", "split(',')", "split(',', 1)", "rsplit('b', 1)", "rsplit()", "splitlines()",
        "splitlines(true)", "startswith('a')", "endswith(('b', 'c'))", "startswith(('  ', 'x'))", "replace('a', 'b')", "replace('', '-')", "replace('l', 'L', 1)", "find('b')", "rfind('l')", "index('zz')", "count('l')", "count('')", "join(w)",
        "join(mix)", "isdigit()", "isalpha()", "isalnum()", "isspace()", "isupper()", "islower()", "istitle()", "isnumeric()", "isdecimal()", "isascii()", "center(9)", "ljust(8, '.')", "rjust(8)", "zfill(6)", "partition(',')",
        "rpartition('-')", "removeprefix('a')", "removesuffix(' ')", "format(1, x=2)", "casefold()", "nothing()", "nothing", "split('')", "find('l', 4)", "startswith('H', 2)", "count('l', 3, 5)", "strip(none)", "split(none, 1)",
        "keys()", "items()", "get('k')", "strip(1)", "join(l)", "append(1)", "pop()", "update(d)", "__class__", "__len__()", "isprintable()");
}
