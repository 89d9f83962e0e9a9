"""An account of the dialect with a fixed clock, and a venue that answers from a list."""

import json
from collections.abc import Generator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from steelyard.model.instruments import Fees, Instrument, Kind
from steelyard.model.units import Money, Price, Quantity, Rate
from steelyard.venues.gate.account import GateAccount
from steelyard.venues.gate.terms import ADDRESSES
from steelyard.venues.native.dialect import Call, Credentials
from steelyard.wire.http import Answer

NOW_NS = 1_700_000_000_123_456_789
SPOT, PERP = 0, 1


def pair(name: str = "BTC/USDT", *, prices: int = 2, lots: int = 4) -> Instrument:
    """Return a spot pair in this venue's units."""
    base, _, quote = name.partition("/")
    return _instrument(name, Kind.SPOT, base, quote, prices, 8, 10 ** (8 - lots), Decimal(1))


def contract(name: str = "BTC/USDT:USDT", *, prices: int = 1) -> Instrument:
    """Return a perpetual in this venue's units."""
    base, _, rest = name.partition("/")
    quote = rest.partition(":")[0]
    return _instrument(name, Kind.LINEAR, base, quote, prices, 4, 10**4, Decimal("0.0001"))


def account(*, hedged: bool = False) -> GateAccount:
    """Return an account of a pair and a contract."""
    return GateAccount(
        ADDRESSES["testnet"], Credentials(key="key", secret="secret"), (pair(), contract()),
        hedged=hedged, now_ns=lambda: NOW_NS,
    )  # fmt: skip


def answer(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """Return an answer; bytes are sent as they are."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, headers or {}, raw)


def talk(steps: Generator[Call, Answer, Any], answers: Sequence[Answer]) -> tuple[Any, list[Call]]:
    """Hold a conversation; return its reply and the calls. All answers must be used."""
    calls: list[Call] = []
    waiting = list(answers)
    try:
        call = next(steps)
        while True:
            calls.append(call)
            call = steps.send(waiting.pop(0))
    except StopIteration as stop:
        assert not waiting, f"{len(waiting)} answers were not asked for"
        return stop.value, calls


def path_of(call: Call) -> str:
    """Return method and path with query."""
    return f"{call.method} {call.url.partition('/api/v4')[2]}"


def _instrument(
    name: str, kind: Kind, base: str, quote: str, prices: int, sizes: int, lot: int,
    multiplier: Decimal,
) -> Instrument:  # fmt: skip
    return Instrument(
        name=name, venue="gate", kind=kind, base=base, quote=quote, settle=quote,
        price_decimals=prices, quantity_decimals=sizes, money_decimals=8, tick=Price(1),
        lot=Quantity(lot), quantity_min=Quantity(lot), quantity_max=Quantity(10**16),
        notional_min=Money(0), fees=Fees(maker=Rate(0), taker=Rate(0)), multiplier=multiplier,
    )  # fmt: skip
