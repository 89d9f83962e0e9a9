"""The report as one HTML text that loads nothing, and as a file that is whole or absent.

Rule 1: nothing that came from outside becomes markup. It travels as JSON without `<`, `>` and `&`
and reaches the page as text content only; the title is escaped.
Rule 2: the page's own policy forbids the network, and any script that was not put in here.
Rule 3: the page depends on the report alone: the same report gives the same bytes.
"""

import base64
import hashlib
import html
import json
import os
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Final

from steelyard.model.decimals import format_decimal
from steelyard.services.research.report.model import Report
from steelyard.services.research.report.payload import payload

LANGUAGES: Final = ("en", "zh")
STYLES: Final = ("colours", "layout", "parts")
SCRIPTS: Final = (
    "figures", "page_parts", "headline", "trust", "chart_style", "equity_chart", "candle_chart",
    "drawings", "returns", "tables", "trades", "details", "start",
)  # fmt: skip
CHARTS: Final = "assets/charts/lightweight-charts.standalone.production.js"


def render(report: Report) -> str:
    """Return the page."""
    library, script = asset(CHARTS), _script()
    style = "".join(asset(f"assets/style/{name}.css") for name in STYLES)
    result = report.result
    title = f"{result.get('strategy')} · {result.get('instrument')} · Steelyard"
    return Template(asset("assets/page.html")).substitute(
        policy=_policy(library, script),
        title=html.escape(_encodable(title)),
        style=style,
        report=_json(payload(report)),
        words=_json({language: words(language) for language in LANGUAGES}),
        library=library,
        script=script,
    )


def write(report: Report, path: Path) -> None:
    """Put the page at `path`: all of it, or what was there before."""
    text = render(report)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def words(language: str) -> dict[str, str]:
    """Return the page's words in one language."""
    found: dict[str, str] = json.loads(asset(f"assets/words/{language}.json"))
    return found


def asset(name: str) -> str:
    """Read a text file of this package."""
    return files("steelyard.services.research.report").joinpath(name).read_text(encoding="utf-8")


def _script() -> str:
    parts = "\n".join(asset(f"assets/script/{name}.js") for name in SCRIPTS)
    return f'(() => {{\n"use strict";\n{parts}\n}})();\n'


def _policy(*scripts: str) -> str:
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts)
    allowed = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _json(value: object) -> str:
    """Encode for a script element: no `<` can end it, no `<!--` can open a comment."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False, default=_text)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        return format_decimal(value)
    raise TypeError(f"a report's result held a {type(value).__name__}, allowed are JSON values")


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
