"""What a simulated venue assumes, by name, and the records it starts with."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from steelyard.matching.ladder import RUNG
from steelyard.matching.names import FEES, LATENCY, LIQUIDITY, PATH, QUEUE, SLIPPAGE
from steelyard.model.errors import ConfigurationError
from steelyard.model.kinds import (
    BAR,
    DEPTH_ASK,
    DEPTH_BID,
    MARK,
    NEVER_HIGH,
    NEVER_LOW,
    NEVER_NS,
    QUOTE,
    TRADE_BUY,
    TRADE_SELL,
)
from steelyard.model.records import EVENT, table
from steelyard.model.units import RATE_ONE
from steelyard.venues.sim.records import (
    ASKS,
    BIDS,
    DEPTH_ASKS,
    DEPTH_BIDS,
    DOWNS,
    RESTING,
    SIM,
    UPS,
    Resting,
)

Row = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class SimSettings:
    """One simulated venue. Names are those of `matching.names`; rates are in 10^-8.

    `order_delay_ns` holds feed and order delay together. `sources` gives the kinds of rows of each
    instrument where they differ; else every instrument is taken to have all kinds of the history.
    """

    latency: str = "none"
    order_delay_ns: int = 0
    jitter_ns: int = 0
    seed: int = 1
    queue: str = "through"
    liquidity: str = "traded"
    participation_rate: int = 10_000_000
    slippage: str = "rate"
    slippage_rate: int = 10_000
    path: str = "pessimistic"
    fees: str = "schedule"
    flat_maker_rate: int = 0
    flat_taker_rate: int = 0
    bar_step_ns: int = 0
    sample_ns: int = 0
    sample_step_ns: int = 0
    orders_max: int = 200
    depth_levels: int = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulator:
    """A simulated venue's records, in the order `advance` and `submit` take them."""

    sim: np.ndarray
    resting: Resting
    queue: np.ndarray


def new_sim(
    instruments: np.ndarray, settings: SimSettings, *, kinds: Sequence[frozenset[int]],
    robots: int = 1, accounts: Sequence[int] = (0,), cash: Sequence[int] = (0,),
    coins: Sequence[Row] = (), orders: int = 256, news: int = 0,
) -> Simulator:  # fmt: skip
    """Create the records of a venue with its accounts.

    `instruments` are INSTRUMENT records. `kinds` names the kinds of history rows: one set for all
    instruments or one each. `accounts[robot]` is the account a robot spends (the last one given
    holds for the rest), `cash[account]` what is in it, and `coins` are rows of (account,
    instrument, quantity) of spot coins held from the start. `orders` is the number of rows of the
    book's own orders.
    """
    count = len(instruments)
    owners = max(robots, len(cash))
    if len(kinds) not in (1, count):
        raise ConfigurationError(
            f"kinds of history were given for {len(kinds)} instruments, allowed is 1 or {count}"
        )
    sim = table(SIM, owners * count * 2)
    head = sim[0]
    _configure(sim, settings)
    head["instruments"], head["robots"], head["accounts"] = count, robots, len(cash)
    head["margined"] = int((instruments["kind"] != 0).any())
    head["flight_room"] = _power_of_two(4 * orders)
    head["news_room"] = news or _power_of_two(16 * orders + 4 * robots * count)
    for robot in range(robots):
        account = accounts[min(robot, len(accounts) - 1)]
        if not 0 <= account < len(cash):
            raise ConfigurationError(
                f"robot {robot} spends account {account}, allowed are 0 to {len(cash) - 1}"
            )
        sim[robot * count * 2]["account"] = account
        sim[robot * count * 2]["rung_ns"] = -1
    for account, amount in enumerate(cash):
        sim[account * count * 2]["cash"] = amount
    for account, instrument, quantity in coins:
        sim[(account * count + instrument) * 2]["quantity"] = quantity
    rungs = _lanes(sim, count, [frozenset(k) for k in kinds], settings, orders)
    return Simulator(
        sim=sim,
        resting=Resting(table(RESTING, orders), np.zeros(rungs, dtype=RUNG)),
        queue=table(EVENT, int(head["flight_room"]) + int(head["news_room"])),
    )


def _configure(sim: np.ndarray, settings: SimSettings) -> None:
    head = sim[0]
    latency = _chosen("latency", settings.latency, LATENCY)
    head["delay_ns"] = settings.order_delay_ns if latency else 0
    head["jitter_ns"] = settings.jitter_ns if latency == LATENCY["jitter"] else 0
    head["queue_model"] = _chosen("queue", settings.queue, QUEUE)
    head["liquidity"] = _chosen("liquidity", settings.liquidity, LIQUIDITY)
    head["slippage"] = _chosen("slippage", settings.slippage, SLIPPAGE)
    head["path"] = _chosen("path", settings.path, PATH)
    head["fees"] = _chosen("fees", settings.fees, FEES)
    for name in ("participation_rate", "slippage_rate"):
        value = getattr(settings, name)
        if not 0 <= value <= RATE_ONE:
            raise ConfigurationError(f"{name} was {value}, allowed is 0 to {RATE_ONE}")
    for name in ("order_delay_ns", "jitter_ns", "bar_step_ns", "sample_step_ns"):
        value = getattr(settings, name)
        if value < 0:
            raise ConfigurationError(f"{name} was {value}, allowed is 0 or more")
    for name in (
        "participation_rate", "slippage_rate", "flat_maker_rate", "flat_taker_rate",
        "bar_step_ns", "sample_ns", "sample_step_ns", "orders_max", "seed",
    ):  # fmt: skip
        head[name] = getattr(settings, name)


def _lanes(
    sim: np.ndarray, count: int, kinds: list[frozenset[int]], settings: SimSettings, orders: int
) -> int:
    """Lay the ladders of every instrument out; return how many rungs they need together."""
    used = 0
    for k in range(count):
        lane = sim[2 * k]
        has = kinds[k] if len(kinds) > 1 else kinds[0]
        lane["has_trades"] = int(bool(has & {TRADE_BUY, TRADE_SELL}))
        lane["has_quotes"] = int(QUOTE in has)
        lane["has_depth"] = int(bool(has & {DEPTH_BID, DEPTH_ASK}))
        priced = lane["has_trades"] or lane["has_quotes"] or lane["has_depth"]
        lane["has_bars"] = int(BAR in has and not priced)
        lane["has_marks"] = int(MARK in has)
        lane["unsettled_ns"] = NEVER_NS
        lane["fold_due_ns"] = NEVER_NS
        for name in ("act_low", "low", "guard_low", "trail_low"):
            lane[name] = NEVER_LOW
        for name in ("act_high", "high", "guard_high", "trail_high"):
            lane[name] = NEVER_HIGH
        depth = settings.depth_levels if lane["has_depth"] else 0
        for ladder in (BIDS, ASKS, UPS, DOWNS, DEPTH_BIDS, DEPTH_ASKS):
            lane["at"][ladder] = used
            used += depth if ladder >= DEPTH_BIDS else orders
    return used


def _power_of_two(at_least: int) -> int:
    return 1 << (at_least - 1).bit_length()


def _chosen(what: str, name: str, names: dict[str, int]) -> int:
    if name not in names:
        raise ConfigurationError(f"{what} was {name!r}, allowed are {', '.join(names)}")
    return names[name]
