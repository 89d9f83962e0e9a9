"""The page about the grid lists every parameter as it is."""

from pathlib import Path

from steelyard.strategies.grid.parameters import PARAMETERS

PAGE = Path(__file__).resolve().parents[3] / "docs" / "grid.md"


def table() -> str:
    rows = ["| parameter | default | allowed | meaning |", "|---|---|---|---|"]
    for parameter in PARAMETERS:
        default = parameter.default
        if parameter.required:
            text = "required"
        elif isinstance(default, bool):
            text = str(default).lower()
        else:
            text = ", ".join(default) if isinstance(default, tuple) else str(default)
        rows.append(f"| `{parameter.name}` | {text} | {parameter.allowed} | {parameter.doc} |")
    return "\n".join(rows)


def test_the_page_lists_every_parameter_with_default_and_bounds() -> None:
    written = PAGE.read_text(encoding="utf-8")

    assert f"<!-- parameters -->\n{table()}\n<!-- end -->" in written
