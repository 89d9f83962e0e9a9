"""Names, notes, sizes and locks: what keeps the house tidy.

The checks read the tree as it lies there and need no version control.
"""

import ast
import re
from pathlib import Path, PurePosixPath

import pytest

from tests.house.reading import ROOT, SOURCE, Sources, read

BANNED_NAMES = frozenset({
    "common", "core", "helper", "helpers", "manager", "managers", "misc", "util", "utils",
})  # fmt: skip
LINES_MAX = 400
NOTE = re.compile(r"\b(?:TO[D]O|FIX[M]E)\b")  # work to do is an issue, not a comment
# A lock holds names, versions, markers, hashes and remarks; no address, no path.
LOCK_LINE = re.compile(
    r"(?:"
    r"[a-z0-9][a-z0-9._-]*(?:\[[a-z0-9,_-]+\])?==[A-Za-z0-9.!+_-]+(?: ; [^@:/\\]+)? \\"
    r"|    --hash=sha256:[0-9a-f]{64}(?: \\)?"
    r"|\s*#.*"
    r"|"
    r")"
)
ADDRESS = re.compile(r"https?://|file:|git\+|--(?:extra-)?index-url|--find-links|(?:^|\s)\.{0,2}/")


def banned_names(sources: Sources) -> list[str]:
    return [
        path for path in sources if BANNED_NAMES & set(PurePosixPath(path).with_suffix("").parts)
    ]


def notes(sources: Sources) -> list[str]:
    return [
        f"{path}:{number} {line.strip()}"
        for path, text in sources.items()
        for number, line in enumerate(text.splitlines(), 1)
        if NOTE.search(line)
    ]


def furnished_doorsteps(sources: Sources) -> list[str]:
    """List the `__init__.py` that hold anything but one docstring."""
    return [
        path
        for path, text in sources.items()
        if PurePosixPath(path).name == "__init__.py"
        and not (len((tree := ast.parse(text)).body) == 1 and ast.get_docstring(tree))
    ]


def long_files(sources: Sources) -> list[str]:
    return [path for path, text in sources.items() if len(text.splitlines()) > LINES_MAX]


def foreign_lines(lock: str) -> list[str]:
    return [
        line for line in lock.split("\n") if not LOCK_LINE.fullmatch(line) or ADDRESS.search(line)
    ]


def everything() -> dict[str, str]:
    """Read all our Python: the package, its tests and its benchmarks."""
    return {
        f"{folder}/{path}": text
        for folder in ("src", "tests", "bench")
        for path, text in read(ROOT / folder).items()
    }


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert banned_names(everything()) == []


def test_no_notes_are_left_behind() -> None:
    assert notes(everything()) == []


def test_an_init_holds_one_docstring_and_nothing_else() -> None:
    assert furnished_doorsteps(read(SOURCE)) == []


def test_no_file_is_longer_than_the_limit() -> None:
    assert long_files(everything()) == []


@pytest.mark.parametrize(
    "lock", sorted((ROOT / "requirements").glob("*.lock")), ids=lambda p: p.name
)
def test_a_lock_names_no_address(lock: Path) -> None:
    assert foreign_lines(lock.read_text(encoding="utf-8")) == []


def test_the_locks_are_there() -> None:
    names = {path.name for path in (ROOT / "requirements").glob("*.lock")}

    assert names == {"all.lock", "core.lock", "tools.lock"}


@pytest.mark.parametrize("path", ["kernel/utils.py", "core/step.py", "venues/common/sign.py"])
def test_a_planted_name_is_found(path: str) -> None:
    assert banned_names({path: ""}) == [path]


def test_a_good_name_passes() -> None:
    assert banned_names({"kernel/step.py": "", "store/core_journal.py": ""}) == []


def test_a_planted_note_is_found() -> None:
    planted = f"x = 1  # {'todo'.upper()}: later\n"

    assert notes({"kernel/step.py": planted}) == [f"kernel/step.py:1 {planted.strip()}"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# a remark\n",
        "x = 1\n",
        '"""The waist."""\n\nfrom steelyard.kernel.step import step\n',
        '"""The waist."""\n\n__all__ = ["step"]\n',
    ],
)
def test_a_planted_init_is_found(text: str) -> None:
    assert furnished_doorsteps({"kernel/__init__.py": text, "kernel/step.py": text})


def test_an_init_with_a_docstring_passes() -> None:
    assert furnished_doorsteps({"kernel/__init__.py": '"""The waist."""\n'}) == []


def test_a_planted_long_file_is_found() -> None:
    longest = "x = 1\n" * LINES_MAX

    assert long_files({"kernel/step.py": longest}) == []
    assert long_files({"kernel/step.py": longest + "x = 1\n"}) == ["kernel/step.py"]


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://index.example/simple",
        "--find-links wheels",
        "# from https://index.example/simple",
        "numpy @ https://index.example/numpy.whl \\",
        "numpy @ file:///wheels/numpy.whl",
        "numpy @ git+ssh://host.example/numpy",
        "-e .",
        "./wheels/numpy.whl",
        "    # via -r ../other.txt",
        "    # via -r /home/someone/other.txt",
        "numpy>=2",
        "numpy==2.4.6",  # without a hash
    ],
)
def test_a_planted_address_is_found(line: str) -> None:
    assert foreign_lines(line) == [line]


def test_a_lock_of_names_and_hashes_passes() -> None:
    digest = "0" * 64
    lock = (
        "# This file was autogenerated\n"
        "uvloop==0.22.1 ; sys_platform != 'win32' and python_full_version < '3.15' \\\n"
        f"    --hash=sha256:{digest} \\\n"
        f"    --hash=sha256:{digest}\n"
        "    # via\n"
        "    #   -c requirements/all.lock\n"
    )

    assert foreign_lines(lock) == []
