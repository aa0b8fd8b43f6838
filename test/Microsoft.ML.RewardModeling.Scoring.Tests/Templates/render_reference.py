"""Renders chat template cases with Jinja2 set up as Hugging Face transformers sets it up.

Reads rows {"name", "template", "variables"} from standard input, one JSON object a line, and writes the rows back with
"expected" (the text) or "error" (the message). The goldens in cases.jsonl were made with it:

    python3 render_reference.py < cases.jsonl > new.jsonl
"""
import datetime
import json
import sys

import jinja2
import jinja2.ext
import jinja2.sandbox


class Generation(jinja2.ext.Extension):
    """{% generation %} renders its body, as transformers' extension does when it is not asked for a mask."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_render"), [], [], body).set_lineno(line)

    def _render(self, caller):
        return caller()


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


environment = jinja2.sandbox.ImmutableSandboxedEnvironment(
    trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols]
)
environment.filters["tojson"] = tojson
environment.globals["raise_exception"] = raise_exception
environment.globals["strftime_now"] = lambda format: datetime.datetime(2024, 7, 26).strftime(format)

for line in sys.stdin:
    row = json.loads(line)
    row.pop("expected", None)
    row.pop("error", None)
    try:
        row["expected"] = environment.from_string(row["template"]).render(**row["variables"])
    except Exception as error:
        row["error"] = str(error)
    print(json.dumps(row, ensure_ascii=False))
