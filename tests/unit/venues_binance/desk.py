"""Instruments, an account with a fixed clock, and conversations with scripted answers."""

import json
from collections.abc import Generator, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from steelyard.model.instruments import Fees, Instrument, Kind, rate
from steelyard.model.units import Money, Price, Quantity
from steelyard.venues.binance.account import BinanceAccount
from steelyard.venues.binance.terms import ADDRESSES
from steelyard.venues.native.dialect import Call, Credentials
from steelyard.wire.http import Answer

NOW_NS = 1_700_000_000_123 * 1_000_000
SECRET = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
CREDENTIALS = Credentials(key="vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A", secret=SECRET)  # fmt: skip  # noqa: E501


def instrument(name: str, *, prices: int = 2, quantities: int = 3) -> Instrument:
    base, _, rest = name.partition("/")
    quote, _, settle = rest.partition(":")
    return Instrument(
        name=name, venue="binance", kind=Kind.LINEAR if settle else Kind.SPOT, base=base,
        quote=quote, settle=settle or quote, price_decimals=prices, quantity_decimals=quantities,
        money_decimals=8, tick=Price(1), lot=Quantity(1), quantity_min=Quantity(1),
        quantity_max=Quantity(10**9), notional_min=Money(0),
        fees=Fees(maker=rate("0.0002"), taker=rate("0.0005")),
    )  # fmt: skip


SPOT = instrument("BTC/USDT", quantities=8)
PERP = instrument("BTC/USDT:USDT")
BOTH = (SPOT, PERP)


def account(instruments: tuple[Instrument, ...] = BOTH, *, hedged: bool = False) -> BinanceAccount:
    return BinanceAccount(
        ADDRESSES["mainnet"], CREDENTIALS, instruments, hedged=hedged, now_ns=lambda: NOW_NS
    )


def answer(body: Any, status: int = 200, **headers: str) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, {k.replace("_", "-"): v for k, v in headers.items()}, raw)


def error(code: int, text: str = "", status: int = 400) -> Answer:
    return answer({"code": code, "msg": text}, status)


def hold(steps: Generator[Call, Answer, Any], answers: Sequence[Answer]) -> tuple[Any, list[Call]]:
    """Hold a conversation: its value, and the calls it made; every answer must be asked for."""
    calls: list[Call] = []
    left = list(answers)
    try:
        call = next(steps)
        while True:
            calls.append(call)
            call = steps.send(left.pop(0))
    except StopIteration as stop:
        assert not left, f"{len(left)} answers were not asked for"
        return stop.value, calls


def path_of(call: Call) -> str:
    return f"{call.method} {urlsplit(call.url).path}"


def fields_of(call: Call) -> dict[str, str]:
    return dict(parse_qsl(call.body.decode() or urlsplit(call.url).query, keep_blank_values=True))
