"""Instruments from a dated table of filters and fees, else from the decimals of the data.

Rule 1: of several dated lists the one in force when the data begin is used; every value that
nobody stated comes back as an assumption with its source and its penalty on realism.
Rule 2: price and quantity decimals hold the table's tick and lot and the data exactly.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

from steelyard.model.decimals import decimals_of, format_decimal, to_units
from steelyard.model.history import Assumption
from steelyard.model.instruments import Fees, Instrument, Kind, MarginTier, rate
from steelyard.model.names import unify
from steelyard.model.units import Money, Price, Quantity

MONEY_DECIMALS = 8
_POWER_MAX = 18  # of ten, in worth's denominator; 2^62 is a little more than 10^18
_QUANTITY_MAX = 10**18
_DAY_NS = 86_400 * 10**9
_PENALTY_RECORDED, _PENALTY_FROM_MEMORY, _PENALTY_NO_TABLE = 1, 2, 6
_PENALTY_OTHER_DATE, _PENALTY_VENUE = 1, 2
_OTHER_DATE_DAYS = 400

VENUES = {
    "binance": ("binance_spot", "binance_usdm", "binanceusdm", "binance-futures", "binance-spot"),
    "okx": ("okex", "okx_swap", "okx_spot", "okx-swap"),
    "bitget": ("bitget_usdt_perp", "bitget_spot", "bitget_mix"),
    "gate": ("gateio", "gate.io", "gate_spot", "gate_usdt_perp", "gateio-futures"),
}
"""The venues of the table and the other spellings in use for them."""

VENUE_ASSUMED = "binance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One row of a dated list, in the venue's own numbers."""

    name: str
    venue: str
    since: date
    source: str
    tick: Decimal
    lot: Decimal
    quantity_min: Decimal
    quantity_max: Decimal
    notional_min: Decimal
    multiplier: Decimal
    maker: str
    taker: str
    tiers: tuple[tuple[str, int, str], ...]


def venue_named(text: str) -> str:
    """Return the venue's one name for any spelling; an unknown venue keeps its own."""
    name = text.strip().lower()
    for venue, spellings in VENUES.items():
        if name == venue or name in spellings:
            return venue
    return name


def listings(name: str, venue: str) -> tuple[Listing, ...]:
    """Return the table's rows for an instrument, oldest first."""
    return _table().get((venue_named(venue), unify(name)), ())


def listing_at(name: str, venue: str, at_ns: int | None = None) -> Listing | None:
    """Return the row in force at a time: the last one before it, else the first."""
    rows = listings(name, venue)
    if not rows:
        return None
    day = date.max if at_ns is None else _day(at_ns)
    earlier = [row for row in rows if row.since <= day]
    return earlier[-1] if earlier else rows[0]


def kind_of(name: str) -> Kind:
    """Read the kind off a unified name."""
    settle = name.partition(":")[2]
    if not settle:
        return Kind.SPOT
    return Kind.INVERSE if settle == name.partition("/")[0] else Kind.LINEAR


def instrument_for(
    name: str,
    venue: str | None,
    *,
    kind: Kind | None = None,
    data_price_decimals: int,
    data_quantity_decimals: int,
    at_ns: int | None = None,
) -> tuple[Instrument, tuple[Assumption, ...]]:
    """Return the instrument and what was assumed about it.

    `data_quantity_decimals` counts base coins for spot, contracts for perpetuals; `at_ns` is when
    the data begin; `kind` makes `BTCUSDT` a perpetual when its name does not say so.
    """
    unified = unify(name, perpetual=kind in {Kind.LINEAR, Kind.INVERSE})
    assumptions: list[Assumption] = []
    if venue is None:
        venue = VENUE_ASSUMED
        why = "neither the file's name nor an option names one"
        assumptions.append(_assumed(f"the venue is {venue}", why, _PENALTY_VENUE))
    venue = venue_named(venue)
    row = listing_at(unified, venue, at_ns)
    if row is None:
        row = _from_decimals(unified, venue, data_price_decimals, data_quantity_decimals)
        assumptions.append(_of_no_table(row))
    else:
        assumptions.extend(_of_table(row, at_ns))
    instrument = _build(row, data_price_decimals, data_quantity_decimals)
    return instrument, tuple(assumptions)


def _build(row: Listing, price_decimals: int, quantity_decimals: int) -> Instrument:
    base, _, rest = row.name.partition("/")
    quote, _, settle = rest.partition(":")
    kind = kind_of(row.name)
    price_decimals = max(price_decimals, decimals_of(row.tick))
    quantity_decimals = max(quantity_decimals, decimals_of(row.lot), decimals_of(row.quantity_min))
    money = _money_decimals(kind, price_decimals, quantity_decimals, row.multiplier)
    largest = min(row.quantity_max, Decimal(_QUANTITY_MAX).scaleb(-quantity_decimals))
    tiers = row.tiers if kind != Kind.SPOT else ()
    return Instrument(
        name=row.name,
        venue=row.venue,
        kind=kind,
        base=base,
        quote=quote,
        settle=settle or quote,
        price_decimals=price_decimals,
        quantity_decimals=quantity_decimals,
        money_decimals=money,
        tick=Price(to_units(row.tick, price_decimals)),
        lot=Quantity(to_units(row.lot, quantity_decimals)),
        quantity_min=Quantity(to_units(row.quantity_min, quantity_decimals)),
        quantity_max=Quantity(int(largest.scaleb(quantity_decimals))),
        notional_min=Money(to_units(row.notional_min, money)),
        fees=Fees(maker=rate(row.maker), taker=rate(row.taker)),
        multiplier=row.multiplier,
        margin_tiers=tuple(
            MarginTier(
                notional_max=Money(to_units(notional, money)),
                leverage_max=leverage,
                maintenance_rate=rate(maintenance),
            )
            for notional, leverage, maintenance in tiers
        ),
    )


def _money_decimals(kind: Kind, price: int, quantity: int, multiplier: Decimal) -> int:
    """Return 8, or as many more as keep worth's ratio inside 64 bits."""
    if kind == Kind.INVERSE:
        return MONEY_DECIMALS
    needed = price + quantity + decimals_of(multiplier) - _POWER_MAX
    return max(MONEY_DECIMALS, needed)


def _from_decimals(name: str, venue: str, price_decimals: int, quantity_decimals: int) -> Listing:
    lot = Decimal(1).scaleb(-quantity_decimals)
    return Listing(
        name=name,
        venue=venue,
        since=date.min,
        source="the data's decimals",
        tick=Decimal(1).scaleb(-price_decimals),
        lot=lot,
        quantity_min=lot,
        quantity_max=Decimal(_QUANTITY_MAX).scaleb(-quantity_decimals),
        notional_min=Decimal(0),
        multiplier=Decimal(1),
        maker="0.001",
        taker="0.001",
        tiers=_tiers()["other"],
    )


def _of_no_table(row: Listing) -> Assumption:
    text = (
        f"{row.name} at {row.venue}: tick {format_decimal(row.tick)}, lot "
        f"{format_decimal(row.lot)}, fees 0.1 % maker and taker, no smallest order value"
    )
    if ":" in row.name:
        text += ", a contract is worth 1, usual margin tiers"
    return _assumed(text, "not in the table: read off the data's decimals", _PENALTY_NO_TABLE)


def _of_table(row: Listing, at_ns: int | None) -> Iterator[Assumption]:
    recorded = row.source.startswith("recorded")
    text = (
        f"{row.name} at {row.venue}: tick {format_decimal(row.tick)}, lot "
        f"{format_decimal(row.lot)}, smallest order {format_decimal(row.notional_min)} "
        f"{row.name.partition('/')[2].partition(':')[0]}, fees maker {row.maker} taker {row.taker}"
    )
    penalty = _PENALTY_RECORDED if recorded else _PENALTY_FROM_MEMORY
    yield _assumed(text, f"table of {row.since}: {row.source}", penalty)
    if at_ns is not None and abs((_day(at_ns) - row.since).days) > _OTHER_DATE_DAYS:
        why = f"the table's nearest list is of {row.since}, the data begin on {_day(at_ns)}"
        yield _assumed("filters and fees did not change since", why, _PENALTY_OTHER_DATE)


def _assumed(what: str, why: str, penalty: int) -> Assumption:
    return Assumption(what=what, why=why, penalty=penalty)


def _day(at_ns: int) -> date:
    days = int(at_ns) // _DAY_NS
    return datetime.fromtimestamp(days * 86_400, UTC).date()


@cache
def _document() -> dict[str, Any]:
    text = files("steelyard.model").joinpath("venue_tables.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def _tiers() -> dict[str, tuple[tuple[str, int, str], ...]]:
    tiers = {key: tuple(map(tuple, rows)) for key, rows in _document()["tiers"].items()}
    for key, rows in tiers.items():
        if not all(Decimal(one[0]) < Decimal(two[0]) for one, two in pairwise(rows)):
            raise AssertionError(f"margin tiers {key} do not rise")
    return {"": (), **tiers}


@cache
def _table() -> dict[tuple[str, str], tuple[Listing, ...]]:
    table: dict[tuple[str, str], tuple[Listing, ...]] = {}
    for group in sorted(_document()["list"], key=lambda group: group["since"]):
        shared = {key: group[key] for key in ("venue", "since", "source", "maker", "taker")}
        for name, *numbers, tiers in group["rows"]:
            tick, lot, least, most, notional, multiplier = map(Decimal, numbers)
            row = Listing(
                name=name, tick=tick, lot=lot, quantity_min=least, quantity_max=most,
                notional_min=notional, multiplier=multiplier, tiers=_tiers()[tiers], **shared,
            )  # fmt: skip
            key = (row.venue, name)
            table[key] = (*table.get(key, ()), row)
    return table
