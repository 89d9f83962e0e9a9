"""The assembly of backtests: the only place that knows which strategy meets which parts.

Rule 1: the engine chooses a driver, never a behaviour.
Rule 2: compiled parts are bound by name here, and nowhere else.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from steelyard.app.machines import FusedMachine, KernelMachine, StrideMachine
from steelyard.app.restoring import restore
from steelyard.app.rules import bound_gate
from steelyard.jit.parts import bind, is_compiled, spine
from steelyard.kernel.book import Book, new_book
from steelyard.kernel.fused import drive
from steelyard.kernel.kernel import CompiledSeat, Kernel, PlainSeat
from steelyard.kernel.plain import Strategy, heed_of
from steelyard.kernel.strategy import CompiledStrategy, Prepared, Situation
from steelyard.kernel.stride import stride
from steelyard.kernel.turn import turn
from steelyard.model.errors import ConfigurationError, InputError, StrategyError
from steelyard.model.history import History
from steelyard.model.kinds import NEVER_NS
from steelyard.venues.sim.settings import SimSettings, Simulator, new_sim
from steelyard.venues.sim.venue import advance, submit

ENGINES = ("fused", "kernel")
MINUTE_NS = 60 * 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be assembled. `equity` is in minor units; `tag` names the strategy's code."""

    strategy: CompiledStrategy | type[Strategy]
    values: dict[str, Any]
    equity: int
    leverage: int
    sim: SimSettings
    engine: str
    tag: str = ""
    position: tuple[int, int] = (0, 0)
    """Quantity and entry price of a position that exists from the start."""
    kinds: tuple[frozenset[int], ...] = ()
    """Kinds of rows of each instrument; empty: all have those of the history."""


Machine = FusedMachine | KernelMachine | StrideMachine


def machine_for(plan: Plan, history: History) -> tuple[Machine, Prepared | None]:
    """Put the parts together for one run over `history`."""
    if plan.engine not in ENGINES:
        raise ConfigurationError(f"engine was {plan.engine!r}, allowed are {', '.join(ENGINES)}")
    if isinstance(plan.strategy, CompiledStrategy):
        return _compiled(plan, plan.strategy, history)
    return _plain(plan, plan.strategy, history), None


def is_warm(plan: Plan) -> bool:
    """Say whether the driver this plan needs lies compiled in the cache."""
    if not isinstance(plan.strategy, CompiledStrategy):
        return is_compiled("stride__sim")
    return is_compiled(_label("drive", plan.strategy, plan.tag))


def _compiled(plan: Plan, strategy: CompiledStrategy, history: History) -> tuple[Machine, Prepared]:
    situation = Situation(
        instruments=history.instruments, equity=plan.equity, leverage=plan.leverage,
        restored_quantity=plan.position[0], restored_entry=plan.position[1],
    )  # fmt: skip
    prepared = strategy.prepare(plan.values, situation)
    book = new_book(history.instruments, capital=plan.equity, leverage=plan.leverage)
    venue = _venue(plan, book, history, prepared.bar_step_ns)
    reasons = dict(strategy.reasons)
    if plan.engine == "kernel":
        kernel = Kernel(book, [CompiledSeat(strategy.want, prepared)], bound_gate())
        return KernelMachine(
            book=book, venue=venue, reasons=reasons, kernel=kernel, advance=advance, submit=submit
        ), prepared
    return FusedMachine(
        book=book, venue=venue, reasons=reasons, drive=bound_drive(strategy, plan.tag),
        prepared=prepared,
    ), prepared  # fmt: skip


def _plain(plan: Plan, kind: type[Strategy], history: History) -> Machine:
    strategy = _made(kind, plan.values)
    book = new_book(history.instruments, capital=plan.equity, leverage=plan.leverage)
    venue = _venue(plan, book, history, kind.bar_minutes * MINUTE_NS)
    kernel = Kernel(book, [PlainSeat(kind.__name__, strategy)], bound_gate())
    return StrideMachine(
        book=book, venue=venue, reasons=dict(kind.reasons), kernel=kernel,
        stride=bind(stride, "stride__sim", advance=advance, submit=submit),
        heed=heed_of(strategy),
    )  # fmt: skip


def _made(kind: type[Strategy], values: dict[str, Any]) -> Strategy:
    try:
        return kind(values)
    except InputError:
        raise
    except Exception as error:  # a user's code may raise anything
        raise StrategyError(
            f"{kind.__name__} raised {type(error).__name__}: {error} (before the first event)"
        ) from error


def _venue(plan: Plan, book: Book, history: History, bar_step_ns: int) -> Simulator:
    settings = replace(plan.sim, bar_step_ns=bar_step_ns, sample_ns=NEVER_NS)
    venue = new_sim(
        book.terms, settings, kinds=plan.kinds or [history.kinds], cash=[plan.equity],
        orders=len(book.orders),
    )  # fmt: skip
    if plan.position[0]:
        restore(book, venue, *plan.position)
    return venue


def bound_drive(strategy: CompiledStrategy, tag: str = "") -> Callable[..., int]:
    """Return the fused loop of this strategy with the rules and the simulator bound in."""
    allow = bound_gate()
    one = bind(turn, _label("turn", strategy, tag), make=spine, want=strategy.want, allow=allow)
    return bind(drive, _label("drive", strategy, tag), advance=advance, submit=submit, turn=one)


def _label(part: str, strategy: CompiledStrategy, tag: str) -> str:
    suffix = f"_{hashlib.sha256(tag.encode()).hexdigest()[:12]}" if tag else ""
    return f"{part}__{strategy.name}_{strategy.layout}{suffix}"
