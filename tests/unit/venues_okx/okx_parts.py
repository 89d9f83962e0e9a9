"""Instruments, an account and scripted answers for the tests of OKX's dialect."""

from collections.abc import Generator
from decimal import Decimal
from typing import Any

import msgspec

from steelyard.model.instruments import Fees, Instrument, Kind, rate
from steelyard.model.units import Money, Price, Quantity
from steelyard.venues.native.dialect import Call, Credentials
from steelyard.venues.okx.account import OkxAccount
from steelyard.venues.okx.terms import ADDRESSES
from steelyard.wire.http import Answer

NOW_NS = 1_700_000_000_000_000_000
CREDENTIALS = Credentials(key="my-key-1234", secret="my-secret", passphrase="my-phrase")

SPOT = Instrument(
    name="BTC/USDT", venue="okx", kind=Kind.SPOT, base="BTC", quote="USDT", settle="USDT",
    price_decimals=3, quantity_decimals=8, money_decimals=8, tick=Price(100), lot=Quantity(1),
    quantity_min=Quantity(1_000), quantity_max=Quantity(10**17), notional_min=Money(0),
    fees=Fees(maker=rate("0.0008"), taker=rate("0.001")),
)  # fmt: skip
SWAP = Instrument(
    name="BTC/USDT:USDT", venue="okx", kind=Kind.LINEAR, base="BTC", quote="USDT", settle="USDT",
    price_decimals=3, quantity_decimals=2, money_decimals=8, tick=Price(100), lot=Quantity(1),
    quantity_min=Quantity(1), quantity_max=Quantity(10**10), notional_min=Money(0),
    fees=Fees(maker=rate("0.0002"), taker=rate("0.0005")), multiplier=Decimal("0.01"),
)  # fmt: skip


def account(
    *, hedged: bool = False, environment: str = "mainnet", margin_mode: str = "cross"
) -> OkxAccount:
    """Return the dialect of an account with a spot instrument (0) and a swap (1)."""
    return OkxAccount(
        ADDRESSES[environment], CREDENTIALS, (SPOT, SWAP), hedged=hedged, now_ns=lambda: NOW_NS,
        margin_mode=margin_mode,
    )  # fmt: skip


def ok(*data: Any) -> Answer:
    """Answer with rows."""
    return Answer(200, {}, msgspec.json.encode({"code": "0", "msg": "", "data": list(data)}))


def no(code: str, text: str = "", *data: Any, status: int = 200) -> Answer:
    """Answer with a code."""
    body = msgspec.json.encode({"code": code, "msg": text, "data": list(data)})
    return Answer(status, {}, body)


def talk(steps: Generator[Call, Answer, Any], *answers: Answer) -> tuple[Any, list[Call]]:
    """Run a conversation on scripted answers; all of them must be used."""
    calls: list[Call] = []
    left = list(answers)
    try:
        calls.append(next(steps))
        while True:
            if not left:
                raise AssertionError(f"nobody answers {calls[-1].url}")
            calls.append(steps.send(left.pop(0)))
    except StopIteration as end:
        assert not left, f"nobody asked for the last {len(left)} answers"
        return end.value, calls
