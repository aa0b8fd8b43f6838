"""Renders chat templates with Jinja2 set up as Hugging Face transformers sets it up.

    python3 tools/template-golden.py rows < cases.jsonl > new.jsonl
        rows {"name", "template", "variables"}, one JSON object a line, come back with "expected" (the text) or "error" (the message);
        the goldens in test/Microsoft.ML.RewardModeling.Scoring.Tests/Templates/cases.jsonl were made with it.

    python3 tools/template-golden.py models CONVERSATIONS.jsonl < templates.jsonl > goldens.jsonl
        rows {"model", "origin", "template"} come back without the template, but with its SHA-256 and, for every conversation, the
        SHA-256 of the rendered text or the message of the error; templates.jsonl comes from tools/template-download.mjs.

The goldens in the repository were made with Debian's python3-jinja2 3.1.2 (Debian 12).
"""
import datetime
import hashlib
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
# The one difference from transformers: the date of today is the one that this library always gives.
environment.globals["strftime_now"] = lambda format: datetime.datetime(2024, 7, 26).strftime(format)


def render(template, variables):
    """The text and None, or None and the message."""
    try:
        return environment.from_string(template).render(**variables), None
    except Exception as error:
        return None, str(error)


def sha256(text):
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def rows():
    for line in sys.stdin:
        row = json.loads(line)
        row.pop("expected", None)
        row.pop("error", None)
        text, error = render(row["template"], row["variables"])
        row.update({"expected": text} if error is None else {"error": error})
        yield row


def models(path):
    with open(path, encoding="utf-8") as file:
        conversations = [json.loads(line) for line in file]
    for line in sys.stdin:
        row = json.loads(line)
        template = row.pop("template")
        row["template_sha256"] = sha256(template)
        row["outputs"] = {}
        for conversation in conversations:
            text, error = render(template, conversation["variables"])
            row["outputs"][conversation["name"]] = {"sha256": sha256(text)} if error is None else {"error": error}
        yield row


if __name__ == "__main__":
    sys.stdin.reconfigure(encoding="utf-8", errors="surrogatepass")
    sys.stdout.reconfigure(encoding="utf-8", errors="surrogatepass")
    if sys.argv[1:] == ["rows"]:
        results = rows()
    elif len(sys.argv) == 3 and sys.argv[1] == "models":
        results = models(sys.argv[2])
    else:
        sys.exit(__doc__)
    for result in results:
        print(json.dumps(result, ensure_ascii=False))
