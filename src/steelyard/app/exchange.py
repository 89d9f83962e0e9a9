"""The local exchange put together: which dialects there are, their market, their fault script.

Rule 1: only this module names the dialects; one that is not installed is not offered.
Rule 2: a market is generated, a file or dataset of the catalog, or a script of prices.
"""

import math
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from steelyard.exchange.hall.exchange import Dialect, ExchangeSettings, Planned
from steelyard.exchange.hall.faults import Rule, read_rule
from steelyard.exchange.hall.path import Source
from steelyard.exchange.hall.server import ExchangeServer
from steelyard.model.errors import ConfigurationError
from steelyard.model.history import Chunk, History
from steelyard.model.instruments import Fees, Instrument, Kind
from steelyard.model.kinds import BAR, QUOTE, TRADE_BUY, TRADE_SELL
from steelyard.model.units import Money, Price, Quantity, Rate
from steelyard.wire.looping import run_loop

DIALECTS: Final[Mapping[str, str]] = {
    "binance": "BinanceSpeaker",
    "okx": "OkxSpeaker",
    "bitget": "BitgetSpeaker",
    "gate": "GateSpeaker",
}
"""Names of the dialects, in the order of their ports, and of their Speakers."""
GENERATED: Final = "generated"
PORT: Final = 9500
FIRST_PRICES: Final = {
    "BTC": Decimal(60_000), "ETH": Decimal(3_000), "SOL": Decimal(150), "BNB": Decimal(600),
    "XRP": Decimal(2), "DOGE": Decimal("0.1"),
}  # fmt: skip
_TRADES: Final = 2_000_000
_OTHER_PRICE: Final = Decimal(100)
_SECOND_NS: Final = 10**9
_ROWS: Final = (TRADE_BUY, TRADE_SELL, QUOTE, BAR)


def offered() -> tuple[str, ...]:
    """Name the dialects whose servers are there."""
    return tuple(name for name in DIALECTS if _there(f"steelyard.exchange.{name}"))


def run_exchange(
    *, dialects: Sequence[str], accounts: int, market: str, speed: float, seed: int, money: Decimal,
    host: str, port: int, faults: Path | None, ready: Callable[[dict[str, Any]], None],
    report: Callable[[str], None],
) -> None:  # fmt: skip
    """Be the local exchange until asked to stop. `ready` hears the addresses."""
    found = [_dialect(name) for name in dialects or offered()]
    if not found:
        raise ConfigurationError("no dialect is there to be spoken")
    rules, planned = read_script(faults) if faults else ((), ())
    bases = dict.fromkeys(one.base for dialect in found for one in dialect.instruments)
    server = ExchangeServer(
        ExchangeSettings(
            dialects=found,
            source=open_market(market, tuple(bases), seed),
            speed=speed or math.inf,
            accounts=accounts,
            seed=seed,
            money=money,
            rules=rules,
            planned=planned,
            report=report,
        ),
        host=host,
        ports={name: port and port + 1 + i for i, name in enumerate(DIALECTS)} | {"control": port},
        ready=ready,
    )
    run_loop(server)
    if server.failure:
        raise ConfigurationError(f"the exchange did not start: {server.failure}")


def _there(package: str) -> bool:
    return find_spec(package) is not None and find_spec(f"{package}.speaker") is not None


def _dialect(name: str) -> Dialect:
    if name not in offered():
        raise ConfigurationError(f"dialect was {name!r}, allowed are {', '.join(offered())}")
    listing = import_module(f"steelyard.exchange.{name}.listing")
    speaker = import_module(f"steelyard.exchange.{name}.speaker")
    return Dialect(
        terms=listing.TERMS,
        instruments=tuple(listing.instruments()),
        speaker=getattr(speaker, DIALECTS[name]),
    )


# --- markets -------------------------------------------------------------------------------------


def open_market(market: str, bases: Sequence[str], seed: int) -> Source:
    """Open a market: `generated`, a script of prices (`.toml`), a file, or a dataset's name."""
    if market == GENERATED:
        return _generated(bases, seed)
    if market.endswith(".toml"):
        return _script(Path(market), bases)
    from steelyard.services.marketdata.opening import open_history

    history = open_history(market, None, None, None)
    held = {one.base for one in history.instruments}
    if not held & set(bases) or not history.kinds & set(_ROWS):
        raise ConfigurationError(
            f"market {market} holds nothing that can be played: allowed are trades, quotes or bars "
            f"of {', '.join(bases)}"
        )
    return Source(history.instruments, lambda: _printed(history), _firsts(history, bases))


def _generated(bases: Sequence[str], seed: int) -> Source:
    from steelyard.services.marketdata.generation.market import generate
    from steelyard.services.marketdata.generation.settings import MarketSettings
    from steelyard.store.catalog.merging import MergedHistory
    from steelyard.wire.randomness import generator

    first = {base: FIRST_PRICES.get(base, _OTHER_PRICE) for base in bases}
    made = [
        generate(
            MarketSettings(
                instrument=f"{base}/USDT",
                count=_TRADES,
                start_price=price,
                trades_per_s=4.0,
                volatility_day=0.08,
                quantity_median=float(Decimal(600) / price),
            ),
            generator(seed + index),
        )
        for index, (base, price) in enumerate(first.items())
    ]
    history: History = made[0] if len(made) == 1 else MergedHistory(made)
    return Source(history.instruments, history.chunks, first)


def _printed(history: History) -> Iterator[Chunk]:
    """Yield the rows of a history that can be printed."""
    for chunk in history.chunks():
        kept = np.isin(chunk.kind, _ROWS)
        if kept.all():
            yield chunk
        elif kept.any():
            columns = {
                name: values[kept] if len(values) else values
                for name in ("ts_ns", "kind", "instrument", "a", "b", "c", "d", "e")
                for values in (getattr(chunk, name),)
            }
            yield Chunk(**columns)


def _firsts(history: History, bases: Sequence[str]) -> dict[str, Decimal]:
    """Return the first price of each base of a history, and one of ours for each that it lacks."""
    first = {base: FIRST_PRICES.get(base, _OTHER_PRICE) for base in bases}
    missing = {one.base for one in history.instruments}
    for chunk in _printed(history):
        places = chunk.instrument if len(chunk.instrument) else np.zeros(len(chunk), np.int16)
        for k, one in enumerate(history.instruments):
            rows = np.flatnonzero(places == k)
            if one.base in missing and len(rows):
                missing.discard(one.base)
                first[one.base] = one.price_decimal(int(chunk.a[rows[0]]))
        if not missing:
            break
    return first


class _Row(msgspec.Struct, forbid_unknown_fields=True):
    at_s: float
    prices: dict[str, str | int | float]


class _Script(msgspec.Struct, forbid_unknown_fields=True):
    price: list[_Row]
    loop: bool = False


def _script(file: Path, bases: Sequence[str]) -> Source:
    """Read `[[price]]` rows: `at_s` and `prices = { BTC = "60000" }`."""
    script = _read_toml(file, _Script)
    first = {base: FIRST_PRICES.get(base, _OTHER_PRICE) for base in bases}
    rows: list[tuple[int, int, int]] = []
    listed = {base: _plain(base) for row in script.price for base in row.prices}
    order = list(listed)
    for row in sorted(script.price, key=lambda one: one.at_s):
        for base, text in row.prices.items():
            price = _decimal(file, text)
            if row.at_s <= 0:
                first[base] = price
            rows.append((int(row.at_s * _SECOND_NS), order.index(base), int(price * 10**8)))
    empty = np.zeros(0, np.int64)
    prices = np.array([price for _, _, price in rows], np.int64)
    kinds = np.full(len(rows), TRADE_BUY, np.int8)
    last: dict[int, int] = {}
    for i, (_, place, units) in enumerate(rows):
        kinds[i] = TRADE_SELL if units < last.get(place, 0) else TRADE_BUY
        last[place] = units
    chunk = Chunk(
        ts_ns=np.array([at for at, _, _ in rows], np.int64), kind=kinds,
        instrument=np.array([place for _, place, _ in rows], np.int16), a=prices,
        b=np.full(len(rows), 10**11, np.int64), c=empty, d=empty, e=empty,
    )  # fmt: skip
    return Source(tuple(listed.values()), lambda: iter((chunk,)), first, script.loop)


def _decimal(file: Path, text: str | float) -> Decimal:
    try:
        price = Decimal(str(text))
    except InvalidOperation:
        price = Decimal(0)
    if price <= 0:
        raise ConfigurationError(f"{file}: price was {text!r}, allowed are numbers above 0")
    return price


def _plain(base: str) -> Instrument:
    """Return the units of a script's rows."""
    return Instrument(
        name=f"{base}/USDT", venue="script", kind=Kind.SPOT, base=base, quote="USDT",
        settle="USDT", price_decimals=8, quantity_decimals=8, money_decimals=8, tick=Price(1),
        lot=Quantity(1), quantity_min=Quantity(1), quantity_max=Quantity(10**15),
        notional_min=Money(0), fees=Fees(maker=Rate(0), taker=Rate(0)),
    )  # fmt: skip


# --- fault scripts -------------------------------------------------------------------------------


class _Faults(msgspec.Struct, forbid_unknown_fields=True):
    fault: list[dict[str, Any]] = []
    action: list[dict[str, Any]] = []


def read_script(file: Path) -> tuple[tuple[Rule, ...], tuple[Planned, ...]]:
    """Read a fault script, TOML or JSON: rules (`fault`) and what happens by itself (`action`)."""
    script = _read_toml(file, _Faults)
    planned = []
    for row in script.action:
        values = dict(row)
        at_s, do = values.pop("at_s", None), values.pop("do", None)
        if not isinstance(at_s, int | float) or not isinstance(do, str):
            raise ConfigurationError(f"{file}: action {row!r} needs at_s and do")
        planned.append(Planned(at_s=float(at_s), do=do, values=values))
    return tuple(read_rule(row) for row in script.fault), tuple(planned)


def _read_toml(file: Path, kind: type[Any]) -> Any:
    try:
        text = file.read_text()
        values = msgspec.json.decode(text) if file.suffix == ".json" else tomllib.loads(text)
        return msgspec.convert(values, kind)
    except (OSError, ValueError, msgspec.MsgspecError) as error:
        raise ConfigurationError(f"{file}: {error}") from None
