"""Compiled parts: the second process compiles nothing, an edit takes effect, names bind."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from steelyard.jit import parts
from steelyard.jit.parts import bind, part


def inner(value: int) -> int:
    raise NotImplementedError


def outer(value: int) -> int:
    return inner(value) + 1


@part
def double(value: int) -> int:
    return value * 2


@part
def triple(value: int) -> int:
    return value * 3


def test_a_template_takes_the_parts_it_is_bound_to() -> None:
    assert bind(outer, "outer__double", inner=double)(5) == 11
    assert bind(outer, "outer__triple", inner=triple)(5) == 16


def test_a_part_the_template_does_not_use_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="outer uses no other"):
        bind(outer, "outer__other", other=double)


SCRIPT = """
import sys
from steelyard.jit.parts import cache_folder
from steelyard.state.money import worth
from steelyard.model.records import INSTRUMENT, table
terms = table(INSTRUMENT)
terms["worth_numerator"] = terms["worth_denominator"] = 1
assert worth(terms[0], 3, 4) == 12
hits = sum(worth.stats.cache_hits.values())
print(hits, sum(worth.stats.cache_misses.values()), cache_folder().name)
"""


def start(folder: Path, package: Path) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True,
        env={**os.environ, "STEELYARD_CACHE_DIR": str(folder), "PYTHONPATH": str(package)},
    )  # fmt: skip
    return done.stdout.split()


def test_a_second_process_compiles_nothing_and_an_edit_takes_effect(tmp_path: Path) -> None:
    package = tmp_path / "src"
    source = Path(parts.__file__).parents[1]
    for room in parts.COMPILED_ROOMS:
        for path in (source / room).rglob("*.py"):
            copy = package / "steelyard" / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    (package / "steelyard" / "__init__.py").touch()

    first, second = start(tmp_path / "cache", package), start(tmp_path / "cache", package)
    edited = package / "steelyard" / "jit" / "muldiv.py"
    edited.write_text(edited.read_text() + "\n# an edit of another file than the caller's\n")
    third = start(tmp_path / "cache", package)

    assert first[:2] == ["0", "1"]
    assert second[:2] == ["1", "0"]
    assert third[:2] == ["0", "1"]
    assert first[2] == second[2] != third[2]
