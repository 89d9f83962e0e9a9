"""What holds for any market, any venue and anything a robot may do."""

from collections import defaultdict
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steelyard.model.instruments import Kind
from steelyard.model.kinds import (
    FOK,
    IOC,
    LIMIT,
    MARK,
    MARKET,
    POST_ONLY,
    REDUCE_ONLY,
    TRADE_BUY,
    TRADE_SELL,
)
from steelyard.state.money import worth
from steelyard.state.positions import maintenance
from tests.unit.venues_sim.chance import desk_of, rows_of, venues
from tests.unit.venues_sim.driving import Desk, Heard

RUNS = settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])


def own(desk: Desk) -> list[Heard]:
    return [h for h in desk.heard if h.robot == 0]


@RUNS
@given(venues())
def test_skipping_rows_changes_nothing(given: dict[str, Any]) -> None:
    asleep, awake = desk_of(given), desk_of(given, watched=True)
    rows = rows_of(given)
    asleep.run(rows)
    awake.run(rows)

    assert own(asleep) == own(awake)
    assert asleep.samples == awake.samples
    for name in asleep.markets.dtype.names or ():
        assert np.array_equal(asleep.markets[name], awake.markets[name]), name
    for name in ("cash", "locked", "quantity", "entry_worth", "required"):
        assert int(asleep.venue.sim[0][name]) == int(awake.venue.sim[0][name]), name


@RUNS
@given(venues(), st.lists(st.integers(0, 220), max_size=4))
def test_a_history_may_be_cut_anywhere(given: dict[str, Any], cuts: list[int]) -> None:
    whole, cut = desk_of(given), desk_of(given)
    rows = rows_of(given)
    edges = sorted({0, len(rows), *(c for c in cuts if c < len(rows))})
    whole.run(rows)
    cut.run(*(rows[i:j] for i, j in pairwise(edges)))

    assert whole.heard == cut.heard
    assert whole.samples == cut.samples
    assert np.array_equal(whole.markets, cut.markets)


@RUNS
@given(venues())
def test_orders_keep_their_promises(given: dict[str, Any]) -> None:
    desk = desk_of(given)
    placed: dict[int, tuple[int, ...]] = {}
    script = desk.script

    def noting(desk: Desk, heard: Heard) -> None:
        script(desk, heard)
        for o in desk.orders:
            placed.setdefault(
                int(o["number"]),
                tuple(int(o[n]) for n in ("side", "type", "flags", "price", "quantity")),
            )

    desk.script = noting
    desk.run(rows_of(given))

    heard: dict[int, list[Heard]] = defaultdict(list)
    for h in own(desk):
        heard[h.number].append(h)
    for number, events in heard.items():
        if number == 0:
            continue
        side, kind, flags, price, quantity = placed[number]
        fills = [h for h in events if h.what == "fill"]
        total = sum(h.quantity for h in fills)
        whats = [h.what for h in events]
        assert total <= quantity
        assert all(h.quantity > 0 and h.price > 0 for h in fills)
        if kind == LIMIT:
            assert all((price - h.price) * side >= 0 for h in fills), "inside the limit"
            if flags & POST_ONLY:
                assert all(h.liquidity == 1 for h in fills), "post-only never takes"
            if flags & FOK:
                assert total in (0, quantity), "all or nothing"
            if flags & (IOC | FOK) or kind == MARKET:
                assert len({h.ts_ns for h in events if h.what != "cancel_refused"}) == 1
                assert whats[-1] in {"fill", "expired", "rejected", "cancel_refused"}
        ends = [w for w in whats if w in {"rejected", "canceled", "expired"}]
        assert len(ends) + (total == quantity) <= 1, "an order ends once"
        # With jitter a cancel may overtake its order, which may still be on its way at the end.
        answers = [w for w in whats if w != "cancel_refused"]
        assert not answers or answers[0] in {"accepted", "rejected"}


@RUNS
@given(venues())
def test_a_print_fills_only_once(given: dict[str, Any]) -> None:
    desk = desk_of(given)
    rows = rows_of(given)
    desk.run(rows)
    kinds = given["kinds"][0]
    if given["settings"].liquidity != "traded" or not kinds & {TRADE_BUY, TRADE_SELL}:
        return

    printed: dict[tuple[int, int], int] = defaultdict(int)
    for ts, kind, _, quantity, *_, inst in rows:
        if kind in (TRADE_BUY, TRADE_SELL):
            printed[ts, inst] += quantity
    made: dict[tuple[int, int], int] = defaultdict(int)
    for h in desk.heard:
        if h.what == "fill" and h.liquidity == 1:
            made[h.ts_ns, h.instrument] += h.quantity
    assert all(made[key] <= printed[key] for key in made)


@RUNS
@given(venues())
def test_the_venues_money_is_what_its_events_say(given: dict[str, Any]) -> None:
    desk = desk_of(given)
    orders: dict[int, int] = {}
    script = desk.script

    def noting(desk: Desk, heard: Heard) -> None:
        script(desk, heard)
        orders.update({int(o["number"]): int(o["side"]) for o in desk.orders})

    desk.script = noting
    desk.run(rows_of(given))
    count = len(given["instruments"])
    spot = given["instruments"][0].kind == Kind.SPOT
    cash = given["cash"][0]
    held = [30 if spot else 0] * count
    entry = 0
    for h in desk.heard:
        terms = desk.terms[h.instrument]
        change = 0
        if h.what == "fill":
            change = h.quantity * orders[h.number]
        elif h.what == "liquidated":
            change = h.quantity
        if h.what in {"fill", "liquidated", "funding"}:
            cash -= h.fee
        if change:
            value = int(worth(terms, h.price, change))
            cash -= value
            held[h.instrument] += change

    sim = desk.venue.sim
    assert held == [int(sim[2 * k]["quantity"]) for k in range(count)]
    if not spot:
        entry = sum(int(sim[2 * k]["entry_worth"]) for k in range(count))
    assert desk.cash_now == cash + entry
    assert all(h >= 0 for h in held) or not spot
    resting = desk.venue.resting.orders
    if not (resting["state"] == 2).any() and spot:
        assert desk.locked == 0
    assert int(sim[0]["open_orders"]) == int(np.isin(resting["state"], (2, 3)).sum())


@RUNS
@given(venues())
def test_nobody_below_maintenance_survives_a_row(given: dict[str, Any]) -> None:
    desk = desk_of(given, watched=True)
    script = desk.script

    def looking(desk: Desk, heard: Heard) -> None:
        script(desk, heard)
        head = desk.venue.sim[0]
        if heard.robot == 0 or head["uneasy"] or given["mix"] == "bars":
            return
        equity, needed = int(head["cash"]), 0
        for k, terms in enumerate(desk.terms):
            market, holding = desk.markets[k], desk.venue.sim[2 * k]
            price = int(market["last"])
            if MARK in given["kinds"][0] and market["mark"]:
                price = int(market["mark"])
            if holding["quantity"] and terms["kind"]:
                value = int(worth(terms, price, int(holding["quantity"])))
                equity += value - int(holding["entry_worth"])
                needed += int(maintenance(terms, abs(value)))
        assert equity >= needed or not needed

    desk.script = looking
    desk.run(rows_of(given))


@RUNS
@given(venues())
def test_a_reduce_only_order_never_turns_a_position(given: dict[str, Any]) -> None:
    desk = desk_of(given)
    flags: dict[int, tuple[int, int]] = {}
    script = desk.script

    def noting(desk: Desk, heard: Heard) -> None:
        script(desk, heard)
        flags.update({int(o["number"]): (int(o["flags"]), int(o["side"])) for o in desk.orders})

    desk.script = noting
    desk.run(rows_of(given))

    held = [30 if given["coins"] else 0] * len(given["instruments"])
    for h in desk.heard:
        if h.what == "liquidated":
            held[h.instrument] += h.quantity
        if h.what != "fill":
            continue
        flag, side = flags[h.number]
        if flag & REDUCE_ONLY:
            assert 0 < h.quantity <= -held[h.instrument] * side
        held[h.instrument] += h.quantity * side
