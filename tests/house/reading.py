"""How the house tests read source text: as trees, with every import, also in functions."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

HOUSE = "steelyard"
ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / HOUSE

# Path below the folder that was read, to the file's text. Tests plant offences by writing one.
Sources = Mapping[str, str]


def read(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*.py"))
    }


def module_of(path: str) -> str:
    """Return the dotted name of a file below `SOURCE`."""
    parts = PurePosixPath(path).with_suffix("").parts
    return ".".join((HOUSE, *parts)).removesuffix(".__init__")


def imports(path: str, text: str) -> Iterator[tuple[int, str]]:
    """Yield line and full name of all a file imports; `from a import b` is `a.b`."""
    for node in ast.walk(ast.parse(text, path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = origin_of(path, node)
            yield from ((node.lineno, f"{origin}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and (name := _named_in_call(node)):
            yield node.lineno, name


def origin_of(path: str, node: ast.ImportFrom) -> str:
    """Return the full name of the module that a `from` names, relative ones resolved."""
    if not node.level:
        return node.module or ""
    package = (HOUSE, *PurePosixPath(path).parts[:-1])
    above = package[: len(package) - node.level + 1]
    return ".".join((*above, *filter(None, (node.module,))))


def _named_in_call(node: ast.Call) -> str | None:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else None
    name = node.func.id if isinstance(node.func, ast.Name) else name
    if name not in {"import_module", "__import__"} or not node.args:
        return None
    match node.args[0]:
        case ast.Constant(value=str(text)):
            return text
    return None
