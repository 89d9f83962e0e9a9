"""Random markets, random venues and a robot that does anything, for the property tests."""

import random
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from steelyard.model.instruments import Instrument, Kind
from steelyard.model.kinds import (
    BAR,
    BUY,
    DEPTH_ASK,
    DEPTH_BID,
    DEPTH_CLEAR,
    FOK,
    FUNDING,
    IOC,
    MARK,
    NEVER_HIGH,
    NEVER_LOW,
    NEVER_NS,
    POST_ONLY,
    QUOTE,
    REDUCE_ONLY,
    SELL,
    TRADE_BUY,
    TRADE_SELL,
    WAKE_EVERY_BAR,
)
from steelyard.venues.sim.settings import SimSettings
from tests.unit.venues_sim.driving import Desk, Heard, instrument, row, tiers

MIXES = {
    "trades": (TRADE_BUY, TRADE_SELL),
    "both": (TRADE_BUY, TRADE_SELL, QUOTE),
    "quotes": (QUOTE,),
    "depth": (DEPTH_BID, DEPTH_ASK),
    "depth and trades": (DEPTH_BID, DEPTH_ASK, TRADE_BUY, TRADE_SELL),
    "bars": (BAR,),
}
EXTRA = (FUNDING, MARK)
Rows = list[tuple[int, ...]]


def market(seed: int, mix: str, length: int, instruments: int) -> Rows:
    """Make a market that wanders around 100, with jumps and equal times."""
    chance = random.Random(seed)
    price = [100] * instruments
    ts = 0
    rows: Rows = []
    for _ in range(length):
        ts += chance.choice((0, 1, 1, 3, 20))
        k = chance.randrange(instruments)
        price[k] = max(60, min(140, price[k] + chance.choice((-9, -2, -1, -1, 0, 0, 1, 1, 2, 9))))
        kind = chance.choice(MIXES[mix])
        if chance.random() < 0.03:
            kind = chance.choice(EXTRA)
        rows.append(_row(chance, ts, kind, price[k], k))
    return rows


def _row(chance: random.Random, ts: int, kind: int, price: int, k: int) -> tuple[int, ...]:
    size = chance.randrange(1, 12)
    if kind == QUOTE:
        return row(ts, kind, price - chance.randrange(1, 3), size, price + 1, size + 2, inst=k)
    if kind == BAR:
        close = price + chance.randrange(-4, 5)
        high = max(price, close) + chance.randrange(4)
        low = min(price, close) - chance.randrange(4)
        return row(ts, kind, price, high, low, close, size * 20, inst=k)
    if kind in (DEPTH_BID, DEPTH_ASK):
        if chance.random() < 0.02:
            return row(ts, DEPTH_CLEAR, inst=k)
        away = chance.randrange(1, 6)
        side = -away if kind == DEPTH_BID else away
        return row(ts, kind, price + side, chance.choice((0, size, size)), inst=k)
    if kind == FUNDING:
        return row(ts, kind, chance.randrange(-300_000, 300_000), chance.choice((0, price)), inst=k)
    return row(ts, kind, price, size, inst=k)


def anything(seed: int, actor: int = 0) -> Callable[[Desk, Heard], None]:
    """Return a script that does anything at all at the events of robot `actor`."""
    chance = random.Random(seed)

    def script(desk: Desk, heard: Heard) -> None:
        if heard.robot != actor:
            return
        seat = desk.robots[actor]
        if heard.what == "market" and int(seat["wake_flags"]) & 1:
            seat["wake_flags"] = chance.choice((0, WAKE_EVERY_BAR))
        last = int(desk.markets[int(seat["wake_instrument"])]["last"]) or 100
        for _ in range(chance.choice((0, 0, 0, 1) if heard.what != "market" else (0, 1, 2, 3))):
            act(desk, chance, last)
        low = last - chance.randrange(1, 15)
        high = last + chance.randrange(1, 15)
        at = heard.ts_ns + chance.randrange(1, 60) if chance.random() < 0.3 else NEVER_NS
        if chance.random() < 0.1:
            low, high = NEVER_LOW, NEVER_HIGH
        desk.wake(low, high, at)
        seat["wake_instrument"] = chance.randrange(len(desk.instruments))

    return script


def act(desk: Desk, chance: random.Random, last: int) -> None:
    """Place or cancel something."""
    live = [int(o["number"]) for o in desk.orders if 3 <= int(o["status"]) <= 7]
    if live and (chance.random() < 0.25 or len(live) > 30):
        desk.cancel(chance.choice(live))
        return
    side = chance.choice((BUY, SELL))
    quantity = chance.randrange(1, 20)
    inst = chance.randrange(len(desk.instruments))
    reduces = chance.choice((0, 0, REDUCE_ONLY))
    away = chance.randrange(-4, 12)
    match chance.randrange(8):
        case 0:
            desk.market(side, quantity, reduces, inst=inst)
        case 1:
            desk.stop(side, last + side * away, quantity, reduces, inst=inst)
        case 2:
            desk.profit(side, last - side * away, quantity, reduces, inst=inst)
        case 3:
            start = chance.choice((0, last - side * abs(away)))
            desk.trail(side, chance.randrange(1, 9), quantity, start, reduces, inst=inst)
        case _:
            how = chance.choice((0, 0, 0, POST_ONLY, IOC, FOK)) | reduces
            desk.place(side, 1, quantity, price=last - side * away, flags=how, inst=inst)


@st.composite
def venues(draw: st.DrawFn) -> dict[str, Any]:
    """Draw everything a run is made of."""
    kind = draw(st.sampled_from((Kind.SPOT, Kind.LINEAR)))
    fees = {"maker": draw(st.sampled_from((-10_000, 0, 20_000))), "taker": 50_000}
    count = draw(st.integers(1, 2))
    instruments: tuple[Instrument, ...] = tuple(
        instrument(kind, name=f"I{i}", margin_tiers=tiers((3_000, 20, 500_000), (10**9, 10, 10**6)),
                   **fees)
        for i in range(count)
    )  # fmt: skip
    mix = draw(st.sampled_from(sorted(MIXES)))
    latency = draw(st.sampled_from(("none", "none", "fixed", "jitter")))
    settings = SimSettings(
        latency=latency, order_delay_ns=4, jitter_ns=9,
        queue=draw(st.sampled_from(("through", "touch", "volume"))),
        liquidity=draw(st.sampled_from(("traded", "traded", "unlimited"))),
        slippage=draw(st.sampled_from(("none", "rate", "half_spread"))), slippage_rate=500_000,
        path=draw(st.sampled_from(("pessimistic", "open_high_low_close", "shortest"))),
        bar_step_ns=draw(st.sampled_from((0, 0, 25))),
        sample_step_ns=draw(st.sampled_from((0, 40))), orders_max=24,
    )  # fmt: skip
    return {
        "instruments": instruments, "settings": settings, "mix": mix,
        "kinds": (frozenset(MIXES[mix]) | {FUNDING} | draw(st.sampled_from((set(), {MARK}))),),
        "leverage": draw(st.sampled_from((1, 5, 10))) if kind else 1,
        "cash": (draw(st.sampled_from((1_500, 20_000))),),
        "coins": tuple((0, i, 30) for i in range(count)) if kind == Kind.SPOT else (),
        "seed": draw(st.integers(0, 2**32)),
        "length": draw(st.integers(20, 220)),
    }  # fmt: skip


def desk_of(given: dict[str, Any], *, watched: bool = False) -> Desk:
    """Build the desk; `watched` adds a second robot that hears every event and does nothing."""
    desk = Desk(
        given["instruments"], anything(given["seed"]), settings=given["settings"],
        kinds=given["kinds"], cash=given["cash"], coins=given["coins"],
        leverage=given["leverage"], robots_count=1 + watched, orders_room=96,
    )  # fmt: skip
    desk.robots[0]["wake_flags"] = 1
    if watched:
        desk.robots[1]["wake_flags"] = 1
    return desk


def rows_of(given: dict[str, Any]) -> Rows:
    """Build the market."""
    return market(given["seed"], given["mix"], given["length"], len(given["instruments"]))
