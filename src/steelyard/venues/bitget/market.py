"""The public half of Bitget: streams and history, for a list of instruments.

Rule 1: the best quote is `books1`, which is pushed three to ten times as often as `ticker`, unless
`ticker` is asked for; mark, index and funding of perpetuals are in `ticker` alone.
Rule 2: a snapshot of trades is history that was told before, and is not told again.
Rule 3: the venue never says that a bar is closed: the first row of the next one does.
Rule 4: frames of instruments that are not ours say nothing.
Rule 5: all before `data` is the same in every push of a subscription: it is read once and known
again by its bytes. A frame that is spelt otherwise is read as a whole, to the same end.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from steelyard.model.errors import ConfigurationError
from steelyard.model.events import Bar, BarClosed, Quote, Trade
from steelyard.model.instruments import Instrument
from steelyard.model.kinds import BUY, SELL
from steelyard.model.market import FundingRate, Mark
from steelyard.model.units import RATE_DECIMALS, Nanos
from steelyard.venues.bitget import history, words
from steelyard.venues.bitget.calls import Caller, told
from steelyard.venues.bitget.depth import ChecksumBook
from steelyard.venues.bitget.exact import MS_NS, near, units
from steelyard.venues.bitget.sockets import aside
from steelyard.venues.bitget.symbols import PERPETUAL, Symbols
from steelyard.venues.bitget.terms import NAME, PING, PING_NS, PUBLIC, SILENCE_NS
from steelyard.venues.native.dialect import (
    Addresses,
    BookChange,
    BookRule,
    Channel,
    Said,
    Steps,
    Stream,
)
from steelyard.venues.native.numbers import Units

BEST: Final = "books1"
TICKER: Final = "ticker"
CHANNELS_MAX: Final = 48
"""The venue advises against more than fifty on a socket, and reads 4,096 bytes at a time."""
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


_PUSH: Final = msgspec.json.Decoder(words.Push)
_TICKERS: Final = msgspec.json.Decoder(list[words.Ticker])
_LEVELS: Final = msgspec.json.Decoder(list[words.Levels])
_TRADES: Final = msgspec.json.Decoder(list[words.PublicTrade])
_CANDLES: Final = msgspec.json.Decoder(list[words.Candle])


class BitgetMarket:
    """Reads the market of some instruments."""

    name = NAME

    def __init__(
        self, instruments: Sequence[Instrument], addresses: Addresses, *, quotes: str = BEST
    ) -> None:
        """`instruments` may be of both products; `quotes` is the channel quotes are read from."""
        self._by_ticker = quotes == TICKER
        self._symbols = Symbols(instruments)
        self._addresses = addresses
        self._caller = Caller(addresses, None, lambda: 0)
        self._units = [(i.price_decimals, i.quantity_decimals) for i in self._symbols.instruments]
        self._prices = [Units(price) for price, _ in self._units]
        self._sizes = [Units(size) for _, size in self._units]
        self._open: dict[int, tuple[int, Bar]] = {}
        self._span_ns = _MINUTE_NS
        self._heads: dict[bytes, Head] = {}
        self._readers: dict[str, tuple[Callable[[bytes], Any], Callable[[Head, Any], Any]]] = {
            TICKER: (_TICKERS.decode, self._ticker),
            BEST: (_LEVELS.decode, self._quotes),
            "books": (_LEVELS.decode, self._depth),
            "trade": (_TRADES.decode, self._trades),
            **dict.fromkeys(_SPANS, (_CANDLES.decode, self._bars)),
        }

    # --- requests --------------------------------------------------------------------------------

    def time(self) -> Steps:
        return told(history.time(self._caller))

    def listing(self) -> Steps:
        return told(history.listing(self._caller))

    def depth_snapshot(self, instrument: int) -> Steps:
        return told(history.depth(self._caller, self._symbols, instrument))

    def quote(self, instrument: int) -> Steps:
        return told(history.quote(self._caller, self._symbols, instrument))

    def bars(self, instrument: int, bar_ns: int, start_ns: int, end_ns: int) -> Steps:
        return told(history.bars(self._caller, self._symbols, instrument, bar_ns, start_ns, end_ns))

    # --- streams ---------------------------------------------------------------------------------

    def streams(self, channels: frozenset[Channel], bar_ns: int) -> tuple[Stream, ...]:
        wanted = _channels(channels, bar_ns, by_ticker=self._by_ticker)
        self._span_ns = bar_ns
        args = [
            {"instType": product, "channel": name, "instId": symbol}
            for product, symbol in zip(self._symbols.products, self._symbols.symbols, strict=True)
            for name in wanted
            if name != TICKER or product == PERPETUAL or self._by_ticker
        ]
        url = self._addresses.ws[PUBLIC]
        parts = [args[at : at + CHANNELS_MAX] for at in range(0, len(args), CHANNELS_MAX)]
        return tuple(
            Stream(
                url=url, hello=(msgspec.json.encode({"op": "subscribe", "args": part}),),
                ping=PING, ping_ns=PING_NS, silence_ns=SILENCE_NS, confirms=len(part),
            )
            for part in parts
        )  # fmt: skip

    def book(self, instrument: int) -> BookRule:
        return ChecksumBook(instrument)

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

    # --- inside ----------------------------------------------------------------------------------

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

    def _learn(self, frame: bytes, push: words.Push, head: Head) -> None:
        """Know what stands before the data again, if all that matters stands there."""
        start = frame[: max(0, frame.find(_DATA))]
        try:
            known = _PUSH.decode(start + b'"data":[]}')
        except msgspec.DecodeError:
            return
        if (known.action, known.arg) == (push.action, push.arg) and len(self._heads) < HEADS_MAX:
            self._heads[start] = head

    def _quotes(self, head: Head, rows: list[words.Levels]) -> Sequence[Said]:
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

    def _ticker(self, head: Head, rows: list[words.Ticker]) -> Sequence[Said]:
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

    def _trades(self, head: Head, rows: list[words.PublicTrade]) -> Sequence[Said]:
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

    def _depth(self, head: Head, rows: list[words.Levels]) -> Sequence[Said]:
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
            (history.row_of(row, span_ns, price, quantity) for row in rows),
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
    row: words.Levels, index: int, price: Callable[[str], int], quantity: int, *, snapshot: bool
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


def _channels(channels: frozenset[Channel], bar_ns: int, *, by_ticker: bool) -> list[str]:
    """Return the venue's channels."""
    if Channel.STATUS in channels:
        raise ConfigurationError("bitget has no stream of the instruments' status: ask its listing")
    names = []
    if Channel.QUOTES in channels and not by_ticker:
        names.append(BEST)
    if Channel.TRADES in channels:
        names.append("trade")
    if Channel.DEPTH in channels:
        names.append("books")
    if Channel.BARS in channels:
        if bar_ns not in CANDLES:
            spans = ", ".join(f"{span // _MINUTE_NS} min" for span in CANDLES)
            raise ConfigurationError(
                f"bars were asked for each {bar_ns / _MINUTE_NS:g} min, bitget streams {spans}"
            )
        names.append(CANDLES[bar_ns])
    if channels & {Channel.MARK, Channel.FUNDING} or (by_ticker and Channel.QUOTES in channels):
        names.append(TICKER)
    return names
