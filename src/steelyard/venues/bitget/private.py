"""The private stream: log-in, what is subscribed, and frames as news: orders, trades, plans.

Rule 1: `orders` tells an order and the trade that changed it, with our id, of both products;
`fill` of futures tells trades that were pushed together there. Both name the same trade ids.
Rule 2: a trade that names no order of ours is told as somebody else's, unless one of our plans
may have made it: then the account is read anew, since only a query says which.
Rule 3: `fill` tells what was done, `orders` to which position it was done.
Rule 4: `account` and `positions` are watched as a sign of life; what they say is asked for, since a
push of them is no complete snapshot.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from steelyard.model.client_ids import decode
from steelyard.model.reports import News, Strange, TradeReport
from steelyard.venues.bitget import frames, words
from steelyard.venues.bitget.frames import aside
from steelyard.venues.bitget.numbers import stamp_ns
from steelyard.venues.bitget.reports import EXECUTED, Reports
from steelyard.venues.bitget.signing import login
from steelyard.venues.bitget.symbols import PERPETUAL, SPOT, Symbols
from steelyard.venues.bitget.terms import PING, PING_NS, PRIVATE, SILENCE_NS
from steelyard.venues.native.dialect import Addresses, Aside, Credentials, Stream

_SPOT_PLANS: Final = frozenset({"amount", "total"})
_PEOPLE: Final = frozenset({"WEB", "APP", "IOS", "ANDROID"})


_PUSH: Final = msgspec.json.Decoder(frames.Push)
_ORDERS: Final = msgspec.json.Decoder(list[words.Order])
_FILLS: Final = msgspec.json.Decoder(list[words.Fill])
_WATCHED: Final = frozenset(
    {"account", "positions", "equity", "positions-history", "adl-noti", "fill"}
)


def topics(symbols: Symbols) -> list[dict[str, str]]:
    """Return what is subscribed to."""
    args: list[dict[str, str]] = []
    if symbols.of(SPOT):
        args += [
            {"instType": SPOT, "channel": name, "instId": "default"}
            for name in ("orders", "orders-algo")
        ]
        args.append({"instType": SPOT, "channel": "account", "coin": "default"})
    if symbols.of(PERPETUAL):
        args += [
            {"instType": PERPETUAL, "channel": name, "instId": "default"}
            for name in ("orders", "orders-algo", "fill", "positions")
        ]
        args.append({"instType": PERPETUAL, "channel": "account", "coin": "default"})
    return args


def streams(
    addresses: Addresses, credentials: Credentials, symbols: Symbols, now_ns: int
) -> tuple[Stream, ...]:
    """Say how the stream is opened now."""
    args = topics(symbols)
    return (
        Stream(
            url=addresses.ws[PRIVATE],
            hello=(login(credentials, now_ns),),
            subscribe=(msgspec.json.encode({"op": "subscribe", "args": args}),),
            ping=PING, ping_ns=PING_NS, silence_ns=SILENCE_NS, confirms=len(args),
        ),
    )  # fmt: skip


class Private:
    """Reads the frames of one account."""

    def __init__(self, symbols: Symbols, reports: Reports) -> None:
        """Both are the account's."""
        self._symbols, self._reports = symbols, reports

    def read(self, frame: bytes) -> Sequence[News | Aside]:
        """Read a frame. Raises ValueError for what nobody understands."""
        said = aside(frame)
        if said is not None:
            return said
        push = _PUSH.decode(frame)
        product, ts_ns = push.arg.inst_type, stamp_ns(push.ts)
        channel = push.arg.channel
        if channel == "orders":
            rows = _ORDERS.decode(push.data)
            return [news for row in rows for news in self._order(row, product, ts_ns)]
        if channel == "orders-algo":
            rows = _ORDERS.decode(push.data)
            return [news for row in rows for news in self._plan(row, product, ts_ns)]
        if channel == "fill" and product == PERPETUAL:
            trades = (self._fill(fill, product) for fill in _FILLS.decode(push.data))
            return [self._judged(each, "", ts_ns) for each in trades if each is not None]
        if channel not in _WATCHED:
            raise ValueError(f"channel was {channel!r}, which nobody asked for")
        return ()

    def _order(self, word: words.Order, product: str, ts_ns: int) -> list[News]:
        report = self._reports.order(word, product)
        if report is None:
            return []
        news: list[News] = []
        trade = self._reports.push_trade(word, product)
        if trade is not None:
            news.append(self._judged(trade, word.enter_point_source or "", ts_ns))
        news.append(report)
        return news

    def _fill(self, fill: words.Fill, product: str) -> TradeReport | None:
        """Return a trade; None where only `orders` tells whose it is."""
        if fill.client_oid is not None:
            self._reports.memory.learn(fill.order_id, fill.client_oid)
        return self._reports.fill(fill, product, economic=True)

    def _plan(self, word: words.Order, product: str, ts_ns: int) -> list[News]:
        # An example in the documentation files a spot plan under the futures' name.
        product = SPOT if word.plan_type in _SPOT_PLANS else product
        report = self._reports.order(word, product, plan=True)
        if report is None:
            return []
        status = word.status or word.plan_status
        if status == EXECUTED:
            return [self._triggered(report.client_id or report.venue_id, ts_ns)]
        return [report]

    def _judged(self, trade: TradeReport, source: str, ts_ns: int) -> TradeReport | Strange:
        """Return a trade, unless a plan of ours may have made it under another id."""
        ours = bool(trade.client_id) and decode(trade.client_id) is not None
        if ours or trade.forced or source.upper() in _PEOPLE:
            return trade
        if not self._reports.memory.has_plans:
            return trade
        return self._triggered(trade.venue_id, ts_ns)

    def _triggered(self, what: str, ts_ns: int) -> Strange:
        return Strange(ts_ns=ts_ns, text=f"order {what}: a trigger may have made it; ask")
