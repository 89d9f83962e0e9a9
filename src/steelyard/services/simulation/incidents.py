"""Incidents: what happens to a world at a drawn time. Each says whether it came about.

Rule 1: an incident acts through what a real one would act through: the venue, the wire, the disk,
a clock, a process. None reaches into a desk.
"""

from dataclasses import replace
from typing import Any, Final, Protocol

from steelyard.kernel.ports import Placing
from steelyard.model.kinds import BUY, LIMIT, SELL
from steelyard.model.reports import Success
from steelyard.services.simulation.house import House
from steelyard.services.simulation.market import Market
from steelyard.services.simulation.network import MS, SECOND, Wires
from steelyard.services.simulation.storage import Storage
from steelyard.services.simulation.tape import Stream
from steelyard.venues.paper.exchange import SimExchange
from steelyard.wire.virtual import VirtualTime


class Scene(Protocol):
    """What an incident may touch."""

    time: VirtualTime
    exchange: SimExchange
    wires: Wires
    market: Market
    storage: Storage
    house: House

    def rules(self, **changes: Any) -> None: ...
    def lots(self, count: int) -> int: ...


_ACCOUNT: Final = 0
_FOREIGN_IDS: Final = (
    "x-Cb7ytekJ4711", "web_8jk2", "t-other-bot-1", "s0000000000000000000000000000",
    "s00000a1000100000i0000010000",  # ours by its length, not by its check code
)  # fmt: skip


# --- the private and the public stream -----------------------------------------------------------


def break_stream(scene: Scene, luck: Stream) -> bool:
    """Break the private stream for a while, and let orders fill in the gap."""
    down_ns = 2 * SECOND + luck.below(20_000) * MS
    for line in scene.wires.lines:
        line.drop(down_ns)
    scene.time.put(None, down_ns // 2, _fill_some, scene, luck)
    return bool(scene.wires.lines)


def half_open(scene: Scene, luck: Stream) -> bool:
    """Let the stream fall silent; its client notices by the silence alone."""
    silent_ns = scene.wires.terms.silence_ns
    for line in scene.wires.lines:
        line.drop(luck.below(3_000) * MS, silent_ns=silent_ns)
    scene.time.put(None, silent_ns // 2, _fill_some, scene, luck)
    return bool(scene.wires.lines)


def _fill_some(scene: Scene, luck: Stream) -> None:
    """Let the market visit what rests nearest to it."""
    resting = [
        order
        for order in scene.exchange.clerk.books[_ACCOUNT].open.values()
        if order.price and not order.foreign
    ]
    if resting:
        prices = scene.market.prices
        nearest = min(resting, key=lambda order: abs(order.price - prices[order.instrument]))
        before = prices[nearest.instrument]
        scene.market.push(nearest.instrument, nearest.price - nearest.side)
        if luck.below(2):
            scene.market.push(nearest.instrument, before)


def freeze_ticker(scene: Scene, luck: Stream) -> bool:
    """Let the ticker stand still while the market goes on."""
    until = scene.time.at_ns + 5 * SECOND + luck.below(90_000) * MS
    scene.wires.frozen_until_ns = max(scene.wires.frozen_until_ns, until)
    return True


def feed_hole(scene: Scene, luck: Stream) -> bool:
    """Let the public stream break, say so, and miss some time."""
    for feed in scene.wires.feeds:
        scene.time.put(feed.host, 0, feed.gap, "the connection broke")
    return freeze_ticker(scene, luck) and bool(scene.wires.feeds)


def burst(scene: Scene, luck: Stream) -> bool:
    """Let a thousand trades come at once."""
    for n in range(1_000):
        price = scene.market.prices[0] + luck.below(9) - 4
        scene.market.trade(0, price, BUY if n & 1 else SELL, 1)
    return True


# --- the market and the account ----------------------------------------------------------------


def crash_price(scene: Scene, luck: Stream) -> bool:
    """Let the price gap by a third and more, through stops and maintenance margins."""
    price = scene.market.prices[0]
    share = 300 + luck.below(500)
    scene.market.push(0, price * (1_000 + share if luck.below(2) else 1_000 - share) // 1_000)
    return True


def jump(scene: Scene, luck: Stream) -> bool:
    """Let the price jump by a few percent, far enough for stops."""
    price = scene.market.prices[0]
    share = 20 + luck.below(60)
    scene.market.push(0, price * (1_000 + share if luck.below(2) else 1_000 - share) // 1_000)
    return True


def manual_trade(scene: Scene, luck: Stream) -> bool:
    """Let the owner trade by hand."""
    side = BUY if luck.below(2) else SELL
    reply = scene.exchange.foreign_trade(
        scene.time.now_ns(), _ACCOUNT, 0, side, scene.lots(1 + luck.below(20))
    )
    scene.wires.flush()
    return isinstance(reply, Success)


def close_by_hand(scene: Scene, luck: Stream) -> bool:
    """Let the owner close what is held."""
    held = scene.exchange.position(_ACCOUNT, 0)
    if not held:
        return False
    reply = scene.exchange.foreign_trade(
        scene.time.now_ns(), _ACCOUNT, 0, SELL if held > 0 else BUY, abs(held)
    )
    scene.wires.flush()
    return isinstance(reply, Success)


def deleverage(scene: Scene, luck: Stream) -> bool:
    """Let the venue close a part of what is held by itself."""
    held = scene.exchange.position(_ACCOUNT, 0)
    if not held:
        return False
    part = scene.lots(1) * max(1, abs(held) // scene.lots(1) * (1 + luck.below(4)) // 4)
    reply = scene.exchange.foreign_trade(
        scene.time.now_ns(), _ACCOUNT, 0, SELL if held > 0 else BUY, min(part, abs(held)),
        forced="adl",
    )  # fmt: skip
    scene.wires.flush()
    return isinstance(reply, Success)


def foreign_orders(scene: Scene, luck: Stream) -> bool:
    """Let another bot of the same account rest orders, near the market and far."""
    price = scene.market.prices[0]
    placed = False
    for n, client_id in enumerate(_FOREIGN_IDS):
        side = BUY if (n + luck.below(2)) & 1 else SELL
        reply = scene.exchange.foreign_place(
            scene.time.now_ns(), _ACCOUNT,
            Placing(
                client_id=f"{client_id}{luck.below(900) + 100}"[:36], instrument=0, side=side,
                type=LIMIT, flags=0, price=price - side * price * (1 + luck.below(99)) // 1_000,
                quantity=scene.lots(1 + luck.below(3)),
            ),
        )  # fmt: skip
        placed = placed or isinstance(reply, Success)
    scene.wires.flush()
    return placed


def pay_in(scene: Scene, luck: Stream) -> bool:
    """Let money come or go."""
    amount = scene.exchange.cash(_ACCOUNT) // 20
    scene.exchange.pay_in(scene.time.now_ns(), _ACCOUNT, amount if luck.below(2) else -amount)
    scene.wires.flush()
    return True


def funding(scene: Scene, luck: Stream) -> bool:
    """Settle funding."""
    scene.exchange.funding(scene.time.now_ns(), 0, luck.below(40_001) - 20_000)
    scene.wires.flush()
    return scene.exchange.position(_ACCOUNT, 0) != 0


def flip_mode(scene: Scene, luck: Stream) -> bool:
    """Let the owner change the position mode, and back some time later."""
    if not isinstance(scene.exchange.set_mode(_ACCOUNT, hedged=True), Success):
        return False
    wait = luck.below(300) * SECOND
    scene.time.put(None, wait, mode_back, scene)
    return True


def mode_back(scene: Scene) -> None:
    """Let the owner have the old mode again, with the venue's help where orders are open."""
    scene.exchange.clerk.books[_ACCOUNT].hedged = False


# --- the venue -----------------------------------------------------------------------------------


def maintenance(scene: Scene, luck: Stream) -> bool:
    """Close the venue for a while."""
    return _status(scene, "maintenance", luck)


def cancel_only(scene: Scene, luck: Stream) -> bool:
    """Take cancels only for a while."""
    return _status(scene, "cancel_only", luck)


def _status(scene: Scene, status: str, luck: Stream) -> bool:
    scene.rules(status=status)
    scene.time.put(None, SECOND + luck.below(180) * SECOND, _normal, scene)
    return True


def _normal(scene: Scene) -> None:
    scene.rules(status="normal")


def revoke(scene: Scene, luck: Stream) -> bool:
    """Shut the key out; the owner repairs it some time later."""
    scene.rules(revoked=frozenset({_ACCOUNT}))
    scene.time.put(None, 10 * SECOND + luck.below(600) * SECOND, _allow, scene)
    return True


def _allow(scene: Scene) -> None:
    scene.rules(revoked=frozenset())


def ban(scene: Scene, luck: Stream) -> bool:
    """Shut the address out for two minutes."""
    scene.wires.banned_until_ns = scene.time.at_ns + 120 * SECOND
    return True


def outage(scene: Scene, luck: Stream) -> bool:
    """Answer everything with 503, and do nothing."""
    scene.wires.shut_until_ns = scene.time.at_ns + SECOND + luck.below(60) * SECOND
    return True


def change_filters(scene: Scene, luck: Stream) -> bool:
    """Make the lot or the tick coarser."""
    known = scene.exchange.clerk.instruments[0]
    factor = (2, 5, 10)[luck.below(3)]
    changed = (
        {"lot": type(known.lot)(known.lot * factor)}
        if luck.below(2)
        else {"tick": type(known.tick)(known.tick * factor)}
    )
    scene.exchange.relist(scene.time.now_ns(), 0, replace(known, **changed))
    scene.wires.flush()
    return True
