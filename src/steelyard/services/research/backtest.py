"""A backtest from a person's request to a result; the assembly hands in the concrete parts.

Rule 1: everything is read and checked before anything runs or is written.
Rule 2: what was not stated is an assumption, printed beside the result and taken off its realism.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from steelyard.kernel.strategy import Line
from steelyard.model.decimals import format_decimal, format_units, parse_decimal
from steelyard.model.errors import (
    ConfigurationError,
    DataError,
    SteelyardError,
    StrategyError,
)
from steelyard.model.history import EMPTY, Assumption, History
from steelyard.model.instruments import Fees, Instrument, Kind
from steelyard.model.kinds import BAR, QUOTE, TRADE_BUY, TRADE_SELL
from steelyard.model.parameters import Parameter, read_parameters
from steelyard.model.times import time_text
from steelyard.model.units import Rate
from steelyard.services.research.modelling import Models, ReadModels, fee_text, read_models
from steelyard.services.research.pricing import PricedHistory
from steelyard.services.research.result import Asked, result_of
from steelyard.services.research.run import Machine, Trail, run
from steelyard.wire.clock import Clock

EQUITY_DEFAULT = "10000"
LEVERAGE_MAX = 125


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a person asks for, as text; None where nothing was said."""

    strategy: str
    data: str
    instrument: str | None = None
    start_ns: int | None = None
    end_ns: int | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    equity: str | None = None
    leverage: int | None = None
    models: Models = field(default_factory=Models)
    engine: str = "fused"
    funding: str | None = None
    watch: tuple[str, ...] = ()
    position: str | None = None
    keep_fills: bool = False
    command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """An assembled run. `warm`: compiled parts lie in the cache. `lines` reads grid lines."""

    machine: Machine
    warm: bool
    assumptions: tuple[Assumption, ...]
    assumed: tuple[str, ...]
    lines: Callable[[], tuple[Line, ...]]


class Found(Protocol):
    """A strategy by name."""

    @property
    def name(self) -> str: ...
    @property
    def parameters(self) -> tuple[Parameter, ...]: ...


class Parts(Protocol):
    """What the assembly hands in."""

    version: str
    clock: Clock

    def find(self, strategy: str) -> Found:
        """Return the strategy a text names."""
        ...

    def open(self, request: Request) -> History:
        """Open the history a request names."""
        ...

    def assemble(
        self, found: Found, values: dict[str, Any], equity: int, leverage: int,
        models: ReadModels, engine: str, history: History, position: tuple[int, int],
    ) -> Ready:  # fmt: skip
        """Put the parts together."""
        ...


class Telling(Protocol):
    """Who hears how a long run goes."""

    def compiling(self, strategy: str) -> None:
        """The first run compiles."""
        ...

    def begins(self, rows: int) -> None:
        """So many rows are to be walked."""
        ...

    def at(self, rows: int) -> None:
        """So many rows are done."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A finished run: its JSON object, and what the report draws."""

    result: dict[str, Any]
    machine: Machine
    history: History
    trail: Trail
    lines: tuple[Line, ...]


def perform(request: Request, parts: Parts, telling: Telling) -> Done:
    """Check, assemble, run and compose."""
    found = parts.find(request.strategy)
    values = read_parameters(found.parameters, request.parameters, owner=found.name)
    models = read_models(request.models)
    leverage = _leverage(request.leverage)
    history = parts.open(request)
    if not history.rows:
        bounds = [
            f"{name} {time_text(ns)}"
            for name, ns in (("from", request.start_ns), ("to", request.end_ns))
            if ns is not None
        ]
        asked_for = f" {' '.join(bounds)}; `steelyard data show` prints its range" if bounds else ""
        raise DataError(f"holds no rows{asked_for}", file=request.data)
    if not history.kinds & {TRADE_BUY, TRADE_SELL, QUOTE, BAR}:
        raise DataError(
            "holds no prices, allowed are trades, quotes, depth with trades, or bars",
            file=request.data,
        )
    if models.fees is not None:
        maker, taker = models.fees
        history = PricedHistory(history, Fees(maker=Rate(maker), taker=Rate(taker)))
    instrument = history.instruments[0]
    if leverage > 1 and instrument.kind == Kind.SPOT:
        raise ConfigurationError(
            f"leverage was {leverage}, allowed for the spot instrument {instrument.name} is 1"
        )
    asked = parse_decimal(request.equity or EQUITY_DEFAULT, "equity")
    if asked <= 0:
        raise ConfigurationError(
            f"equity was {format_decimal(asked)}, allowed is above 0 ({instrument.settle})"
        )
    try:
        ready = parts.assemble(
            found, values, instrument.money(asked), leverage, models, request.engine, history,
            _position(request.position, instrument),
        )  # fmt: skip
    except OverflowError:
        raise ConfigurationError(
            f"equity {format_decimal(asked)} or a parameter does not fit 64 bits in the units of "
            f"{instrument.name}, allowed are smaller numbers"
        ) from None
    if not ready.warm:
        telling.compiling(found.name)
    _compile(ready.machine, found.name, is_ours=request.strategy == found.name)
    telling.begins(history.rows)
    began = parts.clock.elapsed_s()
    trail = run(ready.machine, history, keep_fills=request.keep_fills, tell=telling.at)
    wall_s = parts.clock.elapsed_s() - began
    result = result_of(
        ready.machine, history, trail,
        Asked(
            strategy=found.name, parameters=found.parameters, values=values,
            given=frozenset(request.parameters), models=request.models.texts(),
            assumptions=_assumptions(request, models, history, ready, values),
            source=request.data, command=request.command, version=parts.version,
        ),
        wall_s,
    )  # fmt: skip
    return Done(
        result=result, machine=ready.machine, history=history, trail=trail, lines=ready.lines()
    )


def _compile(machine: Machine, name: str, *, is_ours: bool) -> None:
    """Compile, or load what was compiled: no part of the run. A user's part may be no such part."""
    try:
        machine.run(EMPTY)
    except SteelyardError:
        raise
    except Exception as error:
        if is_ours:
            raise
        raise StrategyError(f"{name} does not compile: {error}") from error


def _leverage(given: int | None) -> int:
    leverage = 1 if given is None else given
    if not 1 <= leverage <= LEVERAGE_MAX:
        raise ConfigurationError(f"leverage was {leverage}, allowed is 1 to {LEVERAGE_MAX}")
    return leverage


def _position(text: str | None, instrument: Instrument) -> tuple[int, int]:
    """Read `QUANTITY@PRICE`: a position held from the start and what it cost."""
    if text is None:
        return 0, 0
    quantity, at, price = text.partition("@")
    if not at:
        raise ConfigurationError(
            f"position was {text!r}, allowed is QUANTITY@PRICE such as 0.05@61000"
        )
    held, entry = instrument.quantity(quantity), instrument.price(price)
    if entry <= 0 or held == 0 or (held < 0 and instrument.kind == Kind.SPOT):
        side = "above 0 on spot" if instrument.kind == Kind.SPOT else "not 0"
        raise ConfigurationError(
            f"position was {text!r}, allowed is a quantity {side} at a price above 0"
        )
    if held % instrument.lot:
        raise ConfigurationError(
            f"position was {text!r}, allowed are multiples of the lot "
            f"{format_units(instrument.lot, instrument.quantity_decimals)}"
        )
    return int(held), int(entry)


def _assumptions(
    request: Request, models: ReadModels, history: History, ready: Ready, values: dict[str, Any]
) -> tuple[Assumption, ...]:
    instrument = history.instruments[0]
    found = [*history.assumptions, *ready.assumptions]
    if request.equity is None:
        found.append(
            Assumption(
                what=f"equity {EQUITY_DEFAULT} {instrument.settle}",
                why="none was given; --equity says how much",
                penalty=1,
            )
        )
    if request.leverage is None and instrument.kind != Kind.SPOT:
        found.append(
            Assumption(what="leverage 1", why="none was given; --leverage sets it", penalty=1)
        )
    found += [
        Assumption(
            what=f"{name} {values[name]}",
            why=f"the default; --set {name}=VALUE sets it",
            penalty=1,
        )
        for name in ready.assumed
        if name not in request.parameters
    ]
    if models.fees is None:
        terms = instrument.fees
        found.append(
            Assumption(
                what=f"fees {fee_text((terms.maker, terms.taker))}",
                why="the schedule of a new account; --fees MAKER,TAKER gives yours",
                penalty=2,
            )
        )
    return tuple(found)
