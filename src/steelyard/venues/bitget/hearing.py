"""Public frames to market events: the hot path.

Rule 1: mark, index and funding of perpetuals are in `ticker` alone; quotes are read from it only
where they are asked for so.
Rule 2: a snapshot of trades is history that was told before, and is not told again.
Rule 3: the venue never says that a bar is closed: the first row of the next one does.
Rule 4: frames of instruments that are not ours say nothing.
Rule 5: all before `data` is the same in every push of a subscription: it is read once and known
again by its bytes. A frame that is spelt otherwise is read as a whole, to the same end.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from steelyard.model.events import Bar, BarClosed, Quote, Trade
from steelyard.model.kinds import BUY, SELL
from steelyard.model.market import FundingRate, Mark
from steelyard.model.units import RATE_DECIMALS, Nanos
from steelyard.venues.bitget import frames, words
from steelyard.venues.bitget.frames import aside
from steelyard.venues.bitget.numbers import MS_NS, near, units
from steelyard.venues.bitget.symbols import PERPETUAL, Symbols
from steelyard.venues.native.dialect import BookChange, Said
from steelyard.venues.native.numbers import Units

BEST: Final = "books1"
TICKER: Final = "ticker"
_MINUTE_NS: Final = 60_000_000_000
CANDLES: Final = {
    _MINUTE_NS: "candle1m", 5 * _MINUTE_NS: "candle5m", 15 * _MINUTE_NS: "candle15m",
    30 * _MINUTE_NS: "candle30m", 60 * _MINUTE_NS: "candle1H", 240 * _MINUTE_NS: "candle4H",
    # The plain ones of these begin at midnight in Hong Kong.
    360 * _MINUTE_NS: "candle6Hutc", 720 * _MINUTE_NS: "candle12Hutc",
    1440 * _MINUTE_NS: "candle1Dutc",
}  # fmt: skip
_SPANS: Final = {name: span for span, name in CANDLES.items()}
_ACTIONS: Final = ("snapshot", "update")
_DATA: Final = b'"data":['
HEADS_MAX: Final = 4_096
_TAKERS: Final = {"buy": BUY, "Buy": BUY, "sell": SELL, "Sell": SELL}


# A NewType is called, each time: on the hot way what is read is told to be of its type once.
_units: Final[Callable[[str, int], Any]] = units
_near: Final[Callable[[str, int], Any]] = near


def _ns(stamp: str | int) -> Any:
    return int(stamp) * MS_NS


class Head(NamedTuple):
    """What stands before the data of a push: of what it is, and how it is read."""

    number: int
    """Of the instrument; -1: it is none of ours."""
    product: str
    channel: str
    snapshot: bool
    decode: Callable[[bytes], Any]
    tell: Callable[["Head", Any], Sequence[Said]]


_PUSH: Final = msgspec.json.Decoder(frames.Push)
_TICKERS: Final = msgspec.json.Decoder(list[frames.Ticker])
_LEVELS: Final = msgspec.json.Decoder(list[frames.Levels])
_TRADES: Final = msgspec.json.Decoder(list[frames.PublicTrade])
_CANDLES: Final = msgspec.json.Decoder(list[words.Candle])


class Hearing:
    """Reads public frames about a list of instruments."""

    def __init__(self, symbols: Symbols, *, by_ticker: bool) -> None:
        """Hear of these; `by_ticker`: quotes are read from `ticker`."""
        self._symbols, self._by_ticker = symbols, by_ticker
        self._units = [(i.price_decimals, i.quantity_decimals) for i in self._symbols.instruments]
        self._prices = [Units(price) for price, _ in self._units]
        self._sizes = [Units(size) for _, size in self._units]
        self._open: dict[int, tuple[int, Bar]] = {}
        self._heads: dict[bytes, Head] = {}
        self._readers: dict[str, tuple[Callable[[bytes], Any], Callable[[Head, Any], Any]]] = {
            TICKER: (_TICKERS.decode, self._ticker),
            BEST: (_LEVELS.decode, self._quotes),
            "books": (_LEVELS.decode, self._depth),
            "trade": (_TRADES.decode, self._trades),
            **dict.fromkeys(_SPANS, (_CANDLES.decode, self._bars)),
        }

    def read(self, frame: bytes) -> Sequence[Said]:
        at = frame.find(_DATA)
        head = self._heads.get(frame[:at])
        if head is not None and frame.endswith(b"}"):
            try:
                rows = head.decode(frame[at + len(_DATA) - 1 : frame.rfind(b"]") + 1])
            except msgspec.DecodeError:
                return self._whole(frame)
            return head.tell(head, rows)
        return self._whole(frame)

    def _whole(self, frame: bytes) -> Sequence[Said]:
        said = aside(frame)
        if said is not None:
            return said
        push = _PUSH.decode(frame)
        arg = push.arg
        reader = self._readers.get(arg.channel)
        if reader is None:
            return ()
        if push.action not in _ACTIONS:
            raise ValueError(f"action was {push.action!r}, allowed are {', '.join(_ACTIONS)}")
        head = Head(
            self._symbols.find(arg.inst_type, arg.inst_id), arg.inst_type, arg.channel,
            push.action == "snapshot", *reader,
        )  # fmt: skip
        told_now = head.tell(head, head.decode(push.data))
        self._learn(frame, push, head)
        return told_now

    def _learn(self, frame: bytes, push: frames.Push, head: Head) -> None:
        """Know what stands before the data again, if all that matters stands there."""
        start = frame[: max(0, frame.find(_DATA))]
        try:
            known = _PUSH.decode(start + b'"data":[]}')
        except msgspec.DecodeError:
            return
        if (known.action, known.arg) == (push.action, push.arg) and len(self._heads) < HEADS_MAX:
            self._heads[start] = head

    def _quotes(self, head: Head, rows: list[frames.Levels]) -> Sequence[Said]:
        index = head.number
        if index < 0:
            return ()
        said: list[Said] = []
        prices, sizes = self._prices[index], self._sizes[index]
        for row in rows:
            if row.bids and row.asks:
                (bid, bid_size), (ask, ask_size) = row.bids[0], row.asks[0]
                quote = Quote(
                    ts_ns=_ns(row.ts), instrument=index,
                    bid=prices[bid],
                    bid_quantity=sizes[bid_size],
                    ask=prices[ask],
                    ask_quantity=sizes[ask_size],
                )  # fmt: skip
                said.append(quote)
        return said

    def _ticker(self, head: Head, rows: list[frames.Ticker]) -> Sequence[Said]:
        index = head.number
        if index < 0 or (head.product != PERPETUAL and not self._by_ticker):
            return ()
        price, quantity = self._units[index]
        said: list[Said] = []
        for row in rows:
            ts_ns = _ns(row.ts)
            if self._by_ticker and row.bid_sz and row.ask_sz:
                quote = Quote(
                    ts_ns=ts_ns, instrument=index,
                    bid=self._prices[index][row.bid_pr], bid_quantity=_units(row.bid_sz, quantity),
                    ask=self._prices[index][row.ask_pr], ask_quantity=_units(row.ask_sz, quantity),
                )  # fmt: skip
                said.append(quote)
            if row.mark_price:
                said.append(
                    Mark(
                        ts_ns=ts_ns, instrument=index, mark=_near(row.mark_price, price),
                        index=_near(row.index_price or "0", price),
                    )
                )  # fmt: skip
            if row.funding_rate and row.next_funding_time:
                rate = _near(row.funding_rate, RATE_DECIMALS)
                next_ns = _ns(row.next_funding_time)
                said.append(FundingRate(ts_ns=ts_ns, instrument=index, rate=rate, next_ns=next_ns))
        return said

    def _trades(self, head: Head, rows: list[frames.PublicTrade]) -> Sequence[Said]:
        index = head.number
        if index < 0 or head.snapshot:
            return ()
        quantity = self._units[index][1]
        try:
            return [
                Trade(
                    ts_ns=_ns(row.ts), instrument=index,
                    price=self._prices[index][row.price],
                    quantity=_units(row.size, quantity), taker_side=_TAKERS[row.side],
                )
                for row in reversed(rows)
            ]  # fmt: skip
        except KeyError as error:
            raise ValueError(f"side of a trade was {error}, allowed are buy and sell") from None

    def _depth(self, head: Head, rows: list[frames.Levels]) -> Sequence[Said]:
        index = head.number
        if index < 0:
            return ()
        quantity, snapshot = self._units[index][1], head.snapshot

        def price(text: str) -> int:
            known: int = self._prices[index][text]
            return known

        return [change_of(row, index, price, quantity, snapshot=snapshot) for row in rows]

    def _bars(self, head: Head, rows: list[words.Candle]) -> Sequence[Said]:
        index = head.number
        if index < 0:
            return ()
        price, quantity = self._units[index]
        span_ns = _SPANS[head.channel]
        bars = sorted(
            (row_of(row, span_ns, price, quantity) for row in rows),
            key=lambda bar: bar.ts_ns,
        )
        said: list[Said] = []
        held = self._open.get(index)
        if held is None:
            bars = bars[-1:]
        for bar in bars:
            if held is not None and bar.ts_ns > held[0]:
                said.append(BarClosed(ts_ns=Nanos(held[0]), instrument=index, bar=held[1]))
            if held is None or bar.ts_ns >= held[0]:
                held = (bar.ts_ns, bar)
        if held is not None:
            self._open[index] = held
        return said


def change_of(
    row: frames.Levels, index: int, price: Callable[[str], int], quantity: int, *, snapshot: bool
) -> BookChange:
    """Return a change of a book; `price` reads one."""
    return BookChange(
        ts_ns=int(row.ts) * MS_NS,
        instrument=index,
        bids=tuple([(price(p), units(q, quantity)) for p, q in row.bids]),
        asks=tuple([(price(p), units(q, quantity)) for p, q in row.asks]),
        first=row.seq,
        last=row.seq,
        previous=row.pseq,
        snapshot=snapshot,
        checksum=row.checksum or None,
        texts=tuple(row.bids + row.asks),
    )


def row_of(row: list[str], span_ns: int, price: int, quantity: int) -> Bar:
    """Read a candle; a bar's time is its close."""
    start, first, high, low, last, volume = row[:6]
    return Bar(
        ts_ns=int(start) * MS_NS + span_ns, open=units(first, price), high=units(high, price),
        low=units(low, price), close=units(last, price), volume=units(volume, quantity),
    )  # fmt: skip
