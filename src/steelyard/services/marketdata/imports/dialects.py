"""What the messages of a raw capture mean, one dialect per venue.

Rule 1: a dialect turns one decoded message into rows of the tape of its instrument.
Rule 2: what a dialect does not use (acknowledgements, candles, tickers without quantities) is
counted by kind and told, never dropped in silence.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from steelyard.model.errors import InstrumentNameError
from steelyard.services.marketdata.filenames import Hints, for_symbol
from steelyard.services.marketdata.imports.books import ChecksumBook, NumberedBook, Update
from steelyard.services.marketdata.imports.tape import Tape

Message = dict[str, Any]


@dataclass(slots=True)
class Desk:
    """All tapes and books of one capture."""

    hints: Hints
    venue: str
    wanted: str | None = None
    tapes: dict[str, Tape] = field(default_factory=dict)
    numbered: dict[str, NumberedBook] = field(default_factory=dict)
    summed: dict[str, ChecksumBook] = field(default_factory=dict)
    skipped: Counter[str] = field(default_factory=Counter)

    def tape(self, symbol: str, *, perpetual: bool, is_in_contracts: bool = False) -> Tape | None:
        """Return the tape of a symbol; None, and counted, for what is no instrument of ours."""
        if symbol in self.tapes:
            return self.tapes[symbol]
        try:
            hints = for_symbol(self.hints, symbol, venue=self.venue, perpetual=perpetual)
        except InstrumentNameError:
            self.skipped[f"{symbol}, a dated or unknown contract"] += 1
            return None
        if self.wanted is not None and hints.instrument != self.wanted:
            self.skipped[f"{symbol}, not asked for"] += 1
            return None
        # A snapshot may spell the instrument in another way than the updates do.
        known = (tape for tape in self.tapes.values() if tape.hints.instrument == hints.instrument)
        tape = next(known, None) or Tape(hints, is_in_contracts)
        self.tapes[symbol] = tape
        return tape

    def book(self, tape: Tape, *, is_futures: bool = False) -> NumberedBook:
        """Return the numbered book of an instrument."""
        name = tape.hints.named()
        if name not in self.numbered:
            self.numbered[name] = NumberedBook(tape, is_futures)
        return self.numbered[name]

    def summed_book(self, tape: Tape) -> ChecksumBook:
        """Return the checksummed book of an instrument."""
        name = tape.hints.named()
        if name not in self.summed:
            self.summed[name] = ChecksumBook(tape)
        return self.summed[name]


def binance(desk: Desk, ts_ns: int, line: int, message: Message) -> None:
    """Read Binance's streams: depthUpdate, bookTicker, trade, aggTrade, and REST snapshots."""
    stream = str(message.get("stream", ""))
    data = message.get("data", message)
    perpetual = desk.hints.perpetual
    if "lastUpdateId" in data:
        symbol = str(message.get("symbol") or _only(desk))
        if tape := desk.tape(symbol, perpetual=perpetual):
            book = desk.book(tape, is_futures=perpetual)
            book.snapshot(ts_ns, line, int(data["lastUpdateId"]), data["bids"], data["asks"])
        return
    kind = data.get("e") or ("bookTicker" if stream.endswith("@bookTicker") else "")
    tape = desk.tape(data["s"], perpetual=perpetual) if "s" in data else None
    if tape is None:
        if "s" not in data:
            desk.skipped[kind or stream or "acknowledgements"] += 1
        return
    if kind == "depthUpdate":
        previous = int(data["pu"]) if "pu" in data else None
        update = Update(
            ts_ns=ts_ns, line=line, first=int(data["U"]), last=int(data["u"]),
            previous=previous, bids=data["b"], asks=data["a"],
        )  # fmt: skip
        desk.book(tape, is_futures=perpetual).update(update)
    elif kind == "bookTicker":
        tape.quote(ts_ns, line, (data["b"], data["B"]), (data["a"], data["A"]))
    elif kind in {"trade", "aggTrade"}:
        first, last = (data["f"], data["l"]) if kind == "aggTrade" else (data["t"], data["t"])
        if float(data["q"]) == 0 or data.get("X") == "NA":
            desk.skipped["trades with the insurance fund"] += 1
            return
        tape.trade(
            ts_ns, line, data["p"], data["q"], is_buy=not data["m"], ids=(int(first), int(last))
        )
    else:
        desk.skipped[kind or stream] += 1


def okx(desk: Desk, ts_ns: int, line: int, message: Message) -> None:
    """Read OKX's v5 channels: books with checksum, trades, tickers."""
    argument = message.get("arg", {})
    channel, symbol = str(argument.get("channel", "")), str(argument.get("instId", ""))
    rows = message.get("data")
    if rows is None:
        desk.skipped["acknowledgements"] += 1
        return
    perpetual = symbol.endswith("-SWAP")
    tape = desk.tape(symbol, perpetual=perpetual, is_in_contracts=perpetual)
    if tape is None:
        return
    for row in rows:
        if channel == "books":
            desk.summed_book(tape).message(
                ts_ns, line, row["bids"], row["asks"],
                is_snapshot=message.get("action") == "snapshot", checksum=int(row["checksum"]),
            )  # fmt: skip
        elif channel == "trades":
            number = int(row["tradeId"])
            tape.trade(
                ts_ns, line, row["px"], row["sz"], is_buy=row["side"] == "buy",
                ids=(number, number),
            )  # fmt: skip
        elif channel in {"tickers", "bbo-tbt"} and row.get("bidSz") and row.get("askSz"):
            tape.quote(ts_ns, line, (row["bidPx"], row["bidSz"]), (row["askPx"], row["askSz"]))
        else:
            desk.skipped[channel] += 1


def bitget(desk: Desk, ts_ns: int, line: int, message: Message) -> None:
    """Read Bitget's channels: books with checksum and trades, in the old and the new envelope."""
    argument = message.get("arg", {})
    channel, symbol = str(argument.get("channel", "")), str(argument.get("instId", ""))
    rows = message.get("data")
    if rows is None:
        desk.skipped["acknowledgements"] += 1
        return
    perpetual = str(argument.get("instType", "")).lower() in {"mc", "usdt-futures", "umcbl"}
    tape = desk.tape(symbol, perpetual=perpetual)
    if tape is None:
        return
    is_snapshot = message.get("action") == "snapshot"
    if channel == "trade" and is_snapshot:
        desk.skipped["trades from before the capture"] += len(rows)  # newest first, already past
        return
    for row in rows if channel == "books" else reversed(rows):
        if channel == "books":
            checksum = row.get("checksum")
            desk.summed_book(tape).message(
                ts_ns, line, row["bids"], row["asks"], is_snapshot=is_snapshot,
                checksum=None if checksum is None else int(checksum),
            )  # fmt: skip
        elif channel == "trade":
            if isinstance(row, dict):
                price, quantity, side = row["price"], row["size"], row["side"]
            else:
                price, quantity, side = row[1], row[2], row[3]
            tape.trade(ts_ns, line, price, quantity, is_buy=side == "buy")
        else:
            desk.skipped[f"{channel} (no quantities)" if channel == "ticker" else channel] += 1


def gate(desk: Desk, ts_ns: int, line: int, message: Message) -> None:
    """Read Gate's v4 channels: order_book_update, trades, book_ticker, and REST snapshots."""
    if "asks" in message:
        _gate_snapshot(desk, ts_ns, line, message)
        return
    channel, row = str(message.get("channel", "")), message.get("result")
    market, _, name = channel.partition(".")
    if message.get("event") != "update" or row is None:
        desk.skipped["acknowledgements"] += 1
        return
    for one in row if isinstance(row, list) else [row]:
        symbol = str(one.get("s") or one.get("currency_pair") or one.get("contract") or "")
        if name not in _GATE or not symbol:
            desk.skipped[f"{channel} (no quantities)" if name == "tickers" else channel] += 1
            continue
        perpetual = market == "futures"
        if tape := desk.tape(symbol, perpetual=perpetual, is_in_contracts=perpetual):
            _GATE[name](desk, tape, ts_ns, line, one)


def _gate_snapshot(desk: Desk, ts_ns: int, line: int, message: Message) -> None:
    symbol, perpetual = str(message["symbol"]), desk.hints.perpetual
    if tape := desk.tape(symbol, perpetual=perpetual, is_in_contracts=perpetual):
        bids, asks = _gate_levels(message["bids"]), _gate_levels(message["asks"])
        desk.book(tape).snapshot(ts_ns, line, int(message["id"]), bids, asks)


def _gate_book(desk: Desk, tape: Tape, ts_ns: int, line: int, row: Message) -> None:
    update = Update(
        ts_ns=ts_ns, line=line, first=int(row["U"]), last=int(row["u"]), previous=None,
        bids=_gate_levels(row["b"]), asks=_gate_levels(row["a"]),
    )  # fmt: skip
    desk.book(tape).update(update)


def _gate_trade(desk: Desk, tape: Tape, ts_ns: int, line: int, row: Message) -> None:
    if "size" in row:  # futures: contracts, negative when the taker sold
        size = int(row["size"])
        tape.trade(ts_ns, line, row["price"], str(abs(size)), is_buy=size > 0)
    else:
        tape.trade(ts_ns, line, row["price"], row["amount"], is_buy=row["side"] == "buy")


def _gate_ticker(desk: Desk, tape: Tape, ts_ns: int, line: int, row: Message) -> None:
    if not row["b"] or not row["a"]:
        desk.skipped["book tickers of one side"] += 1
        return
    tape.quote(ts_ns, line, (row["b"], str(row["B"])), (row["a"], str(row["A"])))


def _gate_levels(levels: list[Any]) -> list[tuple[str, str]]:
    """Read levels of spot, pairs, and of futures, objects."""
    return [
        (str(one["p"]), str(one["s"])) if isinstance(one, dict) else (str(one[0]), str(one[1]))
        for one in levels
    ]


def _only(desk: Desk) -> str:
    """Name the one symbol of a capture whose snapshot does not say whose it is."""
    return next(iter(desk.tapes), desk.hints.instrument or "")


_GATE: Final[dict[str, Callable[[Desk, Tape, int, int, Message], None]]] = {
    "order_book_update": _gate_book,
    "trades": _gate_trade,
    "book_ticker": _gate_ticker,
}
DIALECTS: Final[dict[str, Callable[[Desk, int, int, Message], None]]] = {
    "binance": binance,
    "okx": okx,
    "bitget": bitget,
    "gate": gate,
}
