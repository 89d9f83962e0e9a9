"""Imports go down the house only, and never in circles."""

from collections.abc import Iterator
from configparser import ConfigParser
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.house.reading import HOUSE, ROOT, SOURCE, Sources, imports, module_of, read

# Top to bottom. A room imports rooms of lower floors only.
FLOORS = (
    {"__main__"},
    {"cli"},
    {"app"},
    {"web"},
    {"services", "exchange"},
    {"strategies", "risk", "signals", "venues", "store", "runtime"},
    {"kernel"},
    {"indicators", "state", "ledger", "matching", "chain"},
    {"model", "wire", "jit"},
)
FLOOR_OF = {room: -depth for depth, rooms in enumerate(FLOORS) for room in rooms}


def wrong_imports(sources: Sources) -> list[str]:
    return [wrong for path, text in sources.items() for wrong in _wrong_in_file(path, text)]


def circle(sources: Sources) -> list[str]:
    """Return the modules of one import circle, or nothing."""
    modules = {module_of(path) for path in sources}
    graph = {
        module_of(path): {
            module for _, name in imports(path, text) if (module := _module_in(name, modules))
        }
        for path, text in sources.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def _wrong_in_file(path: str, text: str) -> Iterator[str]:
    here = _room(module_of(path))
    if here is not None and here not in FLOOR_OF:
        yield f"{path} is in {here}, a room that stands on no floor"
        return
    for line, name in imports(path, text):
        if name.partition(".")[0] != HOUSE:
            continue
        there = _room(name)
        if there is None:
            yield f"{path}:{line} imports the whole house"
        elif there not in FLOOR_OF:
            yield f"{path}:{line} imports {there}, a room that stands on no floor"
        elif here is None or (there != here and FLOOR_OF[there] >= FLOOR_OF[here]):
            yield f"{path}:{line} imports {there}, which is not below {here or HOUSE}"


def _room(name: str) -> str | None:
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else None


def _module_in(name: str, modules: set[str]) -> str | None:
    """Return the module that an imported name belongs to: the longest prefix that is one."""
    while name and name not in modules:
        name = name.rpartition(".")[0]
    return name or None


def test_an_import_only_goes_down() -> None:
    assert wrong_imports(read(SOURCE)) == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert circle(read(SOURCE)) == []


def test_the_contract_names_the_same_floors() -> None:
    contract = ConfigParser()
    contract.read(ROOT / ".importlinter", encoding="utf-8")
    lines = contract["importlinter:contract:floors"]["layers"].split("\n")
    floors = [{room.strip(" ()") for room in line.split("|")} for line in lines if line]

    assert floors == list(FLOORS[1:])


@pytest.mark.parametrize(
    "path,text",
    [
        pytest.param("kernel/step.py", "from steelyard.app import assemble", id="up"),
        pytest.param("kernel/step.py", "import steelyard.venues.sim", id="up, plain import"),
        pytest.param("risk/limits.py", "from steelyard.venues import sim", id="beside"),
        pytest.param("state/view.py", "from steelyard import kernel", id="from the house"),
        pytest.param("state/view.py", "import steelyard", id="the whole house"),
        pytest.param("state/view.py", "from ..kernel.step import step", id="relative"),
        pytest.param("state/view.py", "from .. import kernel", id="relative, the room"),
        pytest.param("state/view.py", "def f():\n    import steelyard.kernel.step", id="hidden"),
        pytest.param("jit/cache.py", "import_module('steelyard.kernel')", id="dynamic"),
        pytest.param("model/ids.py", "from steelyard.attic import box", id="to no floor"),
        pytest.param("attic/box.py", "", id="on no floor"),
        pytest.param("__init__.py", "from steelyard.model import ids", id="the doorstep"),
    ],
)
def test_a_planted_wrong_import_is_found(path: str, text: str) -> None:
    assert wrong_imports({path: text})


@pytest.mark.parametrize(
    "path,text",
    [
        ("kernel/step.py", "from steelyard.state.view import View"),
        ("kernel/step.py", "from steelyard.kernel import ports"),
        ("kernel/step.py", "from .ports import Feed"),
        ("venues/sim/orders.py", "from ..names import spelled"),
        ("cli/main.py", "import polars"),
        ("__main__.py", "from steelyard.cli.main import main"),
    ],
)
def test_a_right_import_passes(path: str, text: str) -> None:
    assert wrong_imports({path: text}) == []


@pytest.mark.parametrize(
    "first,second",
    [
        ("from steelyard.kernel import gate", "from steelyard.kernel.step import step"),
        ("from . import gate", "def f():\n    from .step import step"),
        ("import steelyard.kernel.gate", "import steelyard.kernel.step as s"),
    ],
)
def test_a_planted_circle_is_found(first: str, second: str) -> None:
    planted = {"kernel/__init__.py": "", "kernel/step.py": first, "kernel/gate.py": second}

    assert {"steelyard.kernel.step", "steelyard.kernel.gate"} <= set(circle(planted))


def test_a_chain_is_no_circle() -> None:
    chain = {
        "kernel/__init__.py": "",
        "kernel/step.py": "from steelyard.kernel import gate",
        "kernel/gate.py": "from steelyard.kernel.ports import Feed",
        "kernel/ports.py": "",
    }

    assert circle(chain) == []
