"""Compiled parts: one decorator, one cache folder.

Rule 1: `part` compiles in nopython mode, releases the GIL and caches on disk.
Rule 2: the cache folder is named by a hash of every source a compiled part can come from, so an
edit of any of them takes effect and a second process compiles nothing.
Rule 3: a part that takes other parts is bound to them by name (`bind`), never given them as
arguments: numba caches no function that receives functions.
"""

import hashlib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import Any, Final, TypeAlias, TypeVar, cast

import numba

_F = TypeVar("_F", bound=Callable[..., Any])

Records: TypeAlias = Any
"""A structured numpy array handed to compiled parts; its fields are typed by its dtype."""

COMPILED_ROOMS = (
    "model", "jit", "indicators", "state", "ledger", "matching", "kernel", "strategies", "risk",
    "venues/sim",
)  # fmt: skip
_PACKAGE = Path(__file__).resolve().parent.parent


@cache
def sources_digest() -> str:
    """Hash the compiled rooms' sources and the compiler's version."""
    digest = hashlib.sha256(f"numba {numba.__version__}".encode())
    for room in COMPILED_ROOMS:
        for path in sorted((_PACKAGE / room).rglob("*.py")):
            digest.update(str(path.relative_to(_PACKAGE)).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@cache
def cache_folder() -> Path:
    """Return the folder that holds this version's machine code."""
    root = os.environ.get("STEELYARD_CACHE_DIR")
    base = Path(root) if root else Path.home() / ".cache" / "steelyard"
    return base / "compiled" / sources_digest()


numba.config.CACHE_DIR = str(cache_folder())  # type: ignore[attr-defined]  # set at run time


_bound: dict[str, tuple[dict[str, Any], Callable[..., Any]]] = {}


# Without numba's reference counts: they are atomic, cost more than the work between them, and our
# parts only look at arrays that their caller keeps. No part may allocate an array.
# `forceinline` is named because a callee that is not yet compiled inherits it from its caller.
_njit: Any = numba.njit  # `_nrt` is an option its types do not name
_unliteral: Any = numba.types.unliteral
_OPTIONS: Final[dict[str, Any]] = {
    "cache": True,
    "nogil": True,
    "error_model": "numpy",
    "_nrt": False,
}


def part(function: _F) -> _F:
    """Compile `function` when it is first called."""
    return _one_copy(_njit(**_OPTIONS, forceinline=False)(function))


def spine(function: _F) -> _F:
    """Compile a part on the line's spine into its one caller: passing arrays costs more than it."""
    return _one_copy(_njit(**_OPTIONS, forceinline=True)(function))


def _one_copy(compiled: Any) -> Any:
    """Compile one copy for all values of an argument, not one for each constant passed to it."""
    template = compiled.get_call_template

    def plain_types(args: Any, kws: Any) -> Any:
        return template(
            tuple(_unliteral(a) for a in args),
            {name: _unliteral(a) for name, a in kws.items()},
        )

    compiled.get_call_template = plain_types
    return compiled


def unbound(*_: Any) -> Any:
    """Stand where a template names a part that the assembly will bind."""
    raise TypeError("this part was never bound: only `bind` makes a template callable")


def bind(
    template: Callable[..., Any], name: str, *, make: Callable[..., Any] = part, **parts: Any
) -> Callable[..., Any]:
    """Compile `template` with the global names in `parts` replaced, with `part` or `spine`.

    `name` must differ for different parts: it is the cache's key.
    """
    known = _bound.get(name)
    if known is not None and known[0] == parts:
        return known[1]
    function = cast("FunctionType", getattr(template, "py_func", template))
    missing = set(parts) - set(function.__code__.co_names)
    if missing:
        raise TypeError(f"{function.__qualname__} uses no {', '.join(sorted(missing))}")
    bound = FunctionType(
        function.__code__, {**function.__globals__, **parts}, name, function.__defaults__
    )
    bound.__qualname__ = name
    bound.__module__ = function.__module__
    compiled = make(bound)
    _bound[name] = (parts, compiled)
    return compiled


def direct(compiled: Callable[..., Any]) -> Callable[..., Any]:
    """Return the machine code's own entry, which looks at no types, once there is exactly one.

    Callers must pass what the first call passed: same layouts, same order.
    """
    versions = list(compiled.overloads.values())  # type: ignore[attr-defined]  # a dispatcher
    return cast("Callable[..., Any]", versions[0].entry_point) if len(versions) == 1 else compiled


def is_compiled(name: str) -> bool:
    """Say whether a bound part of this name lies in the cache already."""
    return any(cache_folder().rglob(f"*.{name}-*.nbi"))
