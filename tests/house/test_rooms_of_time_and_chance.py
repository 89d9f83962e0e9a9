"""Clocks, chance, tasks, sockets and processes are reached only in the rooms that own them.

Everyone else gets them as arguments, through the ports, so that a run can be replayed bit for bit.
"""

import ast
from collections.abc import Iterator

import pytest

from tests.house.reading import SOURCE, Sources, imports, origin_of, read

# A name stands for itself and all inside it; "a.*" for what is inside only, so `import a` is free.
CLOCKS = frozenset(
    {
        "datetime.date.today",
        "datetime.datetime.now",
        "datetime.datetime.today",
        "datetime.datetime.utcnow",
        "sched",
        "time",
    }
)
CHANCE = frozenset(
    {
        "numpy.random",
        "os.getrandom",
        "os.urandom",
        "random",
        "secrets",
        "uuid.getnode",
        "uuid.uuid1",
        "uuid.uuid4",
        "uuid.uuid6",
        "uuid.uuid7",
    }
)
TASKS = frozenset({"_thread", "anyio", "asyncio.*", "threading", "uvloop"})
SOCKETS = frozenset(
    {
        "aiohttp",
        "ftplib",
        "http.client",
        "http.server",
        "httpx",
        "picows",
        "requests",
        "select",
        "selectors",
        "smtplib",
        "socket",
        "socketserver",
        "ssl",
        "urllib.request",
        "urllib3",
        "websockets",
    }
)
PROCESSES = frozenset(
    {
        "concurrent.futures",
        "multiprocessing",
        "os.execv",
        "os.execve",
        "os.fork",
        "os.popen",
        "os.posix_spawn",
        "os.system",
        "pty",
        "subprocess",
    }
)
REFUSED = CLOCKS | CHANCE | TASKS | SOCKETS | PROCESSES

# Who may reach what: a room, a folder or a file below src/steelyard, and what it owns.
OWNERS = {
    "wire": REFUSED,  # the ports and their real implementations
}

# Free everywhere: they name a type or an error, or only wait for another part of ours.
FREE = frozenset(
    {
        "asyncio.AbstractEventLoop",
        "asyncio.CancelledError",
        "asyncio.Condition",
        "asyncio.Event",
        "asyncio.Future",
        "asyncio.InvalidStateError",
        "asyncio.Lock",
        "asyncio.Queue",
        "asyncio.QueueEmpty",
        "asyncio.QueueFull",
        "asyncio.Semaphore",
        "asyncio.Task",
        "asyncio.TimeoutError",
        "numpy.random.Generator",
    }
)


def trespasses(sources: Sources) -> list[str]:
    return [
        f"{path}:{line} reaches {name}"
        for path, text in sources.items()
        for line, name in _reached(path, text)
        if _is_refused(name) and not _is_owned(path, name)
    ]


def _reached(path: str, text: str) -> Iterator[tuple[int, str]]:
    """Yield every import and every dotted name that starts at an import."""
    yield from imports(path, text)
    tree = ast.parse(text, path)
    origins = _origins(path, tree)
    inner = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute) or id(node) in inner:
            continue
        first, *rest = ast.unparse(node).split(".")
        if first in origins:
            yield node.lineno, ".".join((origins[first], *rest))


def _origins(path: str, tree: ast.AST) -> dict[str, str]:
    """Map each imported name to the full name behind it."""
    origins: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                origins[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom):
            origin = origin_of(path, node)
            for alias in node.names:
                origins[alias.asname or alias.name] = f"{origin}.{alias.name}"
    return origins


def _is_refused(name: str) -> bool:
    if name.endswith(".*"):  # a star import brings what it may not
        origin = name.removesuffix("*")
        return any(rule.startswith(origin) for rule in REFUSED) or _is_in(name, REFUSED)
    return _is_in(name, REFUSED) and not _is_in(name, FREE)


def _is_owned(path: str, name: str) -> bool:
    return any(
        (path == owner or path.startswith(f"{owner}/")) and _is_in(name, owned)
        for owner, owned in OWNERS.items()
    )


def _is_in(name: str, rules: frozenset[str]) -> bool:
    return any(
        name.startswith(rule[:-1])
        if rule.endswith(".*")
        else name == rule or name.startswith(f"{rule}.")
        for rule in rules
    )


def test_time_and_chance_stay_in_their_rooms() -> None:
    assert trespasses(read(SOURCE)) == []


def test_every_owner_in_the_table_exists() -> None:
    assert [owner for owner in OWNERS if not (SOURCE / owner).exists()] == []


@pytest.mark.parametrize(
    "text",
    [
        "import time",
        "import time as t\nt.monotonic()",
        "from time import perf_counter",
        "def late():\n    from time import sleep",
        "import datetime as dt\ndt.datetime.now(dt.UTC)",
        "from datetime import datetime\nnow = datetime.now",
        "from datetime import date, datetime\ndatetime.utcnow(), date.today()",
        "import random",
        "from secrets import token_hex",
        "import uuid\nuuid.uuid4().hex",
        "from uuid import uuid1 as made",
        "import os\nos.urandom(8)",
        "import socket",
        "import asyncio\nasyncio.create_task(work())",
        "import asyncio\nasync def f():\n    await asyncio.sleep(1)",
        "import asyncio\nasync def f():\n    async with asyncio.TaskGroup():\n        pass",
        "from asyncio import ensure_future",
        "from asyncio import *",
        "import asyncio as a\na.open_connection('::1', 1)\na.gather()",
        "import threading",
        "import numpy as np\nnp.random.default_rng(1)",
        "import numpy as np\nchance = np.random",
        "from numpy import random",
        "from numpy.random import PCG64",
        "import subprocess",
        "from multiprocessing import Pool",
        "from concurrent.futures import ProcessPoolExecutor",
        "import concurrent.futures as pools",
        "from concurrent import futures",
        "import os\nos.fork()",
        "from os import *",
        "import importlib\nimportlib.import_module('random')",
        "__import__('time').sleep(1)",
    ],
)
def test_a_planted_trespass_is_found(text: str) -> None:
    assert trespasses({"kernel/step.py": text})


@pytest.mark.parametrize(
    "text",
    [
        "import asyncio\nqueue: asyncio.Queue[int] = asyncio.Queue()",
        "from asyncio import CancelledError",
        "import numpy as np\ndef f(chance: np.random.Generator) -> None: ...",
        "from numpy.random import Generator",
        "from datetime import UTC, datetime\ndatetime.fromtimestamp(0, UTC)",
        "import os\nos.environ.get('HOME')",
        "import uuid\nuuid.UUID('0' * 32)",
        "from steelyard.wire.clocks import Clock\ndef f(time: Clock):\n    time.now_ns()",
    ],
)
def test_what_touches_neither_time_nor_chance_passes(text: str) -> None:
    assert trespasses({"kernel/step.py": text}) == []


def test_an_owner_reaches_what_it_owns() -> None:
    assert trespasses({"wire/clocks.py": "import time\ntime.time_ns()"}) == []
    assert trespasses({"wired/clocks.py": "import time\ntime.time_ns()"})
