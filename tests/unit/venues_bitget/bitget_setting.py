"""Instruments, credentials and a venue that answers what it was told to."""

import json
from collections.abc import Callable, Generator, Sequence
from typing import Any, Final

from steelyard.model.instruments import Instrument
from steelyard.venues.bitget.account import BitgetAccount
from steelyard.venues.bitget.instruments import contract, pair
from steelyard.venues.bitget.terms import ADDRESSES
from steelyard.venues.bitget.words import Contract, Pair
from steelyard.venues.native.dialect import Call, Credentials
from steelyard.wire.http import Answer

CREDENTIALS: Final = Credentials(key="bg_1", secret="hush", passphrase="word")
NOW_NS: Final = 1_700_000_000_000_000_000

SPOT_BTC: Final[Instrument] = pair(
    Pair(
        symbol="BTCUSDT", base_coin="BTC", quote_coin="USDT", price_precision="2",
        quantity_precision="6", taker_fee_rate="0.001", maker_fee_rate="0.001", status="online",
        min_trade_amount="0", max_trade_amount="10000000000", min_trade_usdt="1",
    )
).instrument  # fmt: skip
_CONTRACT: Final = Contract(
    symbol="BTCUSDT", base_coin="BTC", quote_coin="USDT", support_margin_coins=["USDT"],
    min_trade_num="0.001", price_end_step="5", volume_place="3", price_place="1",
    size_multiplier="0.001", symbol_type="perpetual", symbol_status="normal",
    maker_fee_rate="0.0002", taker_fee_rate="0.0006", min_trade_usdt="5", max_order_qty="1200",
)  # fmt: skip


def _perpetual() -> Instrument:
    listed = contract(_CONTRACT)
    assert listed is not None
    return listed.instrument


PERPETUAL_BTC: Final[Instrument] = _perpetual()


def account(
    *instruments: Instrument, hedged: bool = False, environment: str = "mainnet"
) -> BitgetAccount:
    """Make an account."""
    return BitgetAccount(
        ADDRESSES[environment], CREDENTIALS, instruments or (SPOT_BTC, PERPETUAL_BTC),
        hedged=hedged, now_ns=lambda: NOW_NS,
    )  # fmt: skip


def good(data: Any) -> Answer:
    """Return a good answer."""
    word = {"code": "00000", "msg": "success", "requestTime": 1_700_000_000_123, "data": data}
    return Answer(200, {}, json.dumps(word).encode())


def bad(code: str, text: str = "?", status: int = 400) -> Answer:
    """Return a refusal."""
    return Answer(status, {}, json.dumps({"code": code, "msg": text, "data": None}).encode())


def converse(
    steps: Generator[Call, Answer, Any], answers: Sequence[Answer] | Callable[[Call], Answer]
) -> tuple[Any, list[Call]]:
    """Run a conversation to its end; every answer must be asked for."""
    calls: list[Call] = []
    rest = None if callable(answers) else list(answers)
    try:
        call = next(steps)
        while True:
            calls.append(call)
            if rest is None:
                assert callable(answers)
                call = steps.send(answers(call))
            else:
                call = steps.send(rest.pop(0))
    except StopIteration as end:
        assert not rest, f"nobody asked for {rest}"
        return end.value, calls
