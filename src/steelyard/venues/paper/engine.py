"""The compiled simulator, driven one row or command at a time through flat words.

Rule 1: a tick whose price stays inside of the lane's band (`act_low`, `act_high`: resting orders,
triggers, guards against liquidation) only moves the market's words; all else goes through the
compiled `advance`, a row at a time. Both leave the same records (`venues.sim.scan`).
Rule 2: after every call all news lie in `heard`, in order, each as the words of an EVENT.
Rule 3: time is given and never goes back: an earlier time counts as the last one.
Rule 4: an update of depth acts when the next row or command comes, as in `advance`.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final

import numpy as np

from steelyard.jit.parts import direct
from steelyard.kernel.flat import flat, places
from steelyard.model.errors import ConfigurationError, OverflowHalt
from steelyard.model.history import Chunk
from steelyard.model.instruments import Instrument
from steelyard.model.kinds import (
    CMD_CANCEL,
    CMD_PLACE,
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
from steelyard.model.records import BOOK, COMMAND, EVENT, ORDER, PLANE, ROBOT, table
from steelyard.state.terms import terms_of
from steelyard.venues.sim.records import FORCED, SIM
from steelyard.venues.sim.settings import SimSettings, new_sim
from steelyard.venues.sim.venue import CHUNK_END, advance, submit

_S: Final = places(SIM)
_P: Final = places(PLANE)
_SIM_WORDS, _PLANE_WORDS = _S[""], _P[""]
_LOW, _HIGH = _S["act_low"], _S["act_high"]
_NOW, _UNEASY, _UNSETTLED, _FAULT = _S["now_ns"], _S["uneasy"], _S["unsettled"], _S["fault"]
_NEWS, _FIRST = _S["news"], _S["news_first"]
_BID_LEFT, _ASK_LEFT, _QUOTED = _S["bid_left"], _S["ask_left"], _S["quoted"]
_LAST, _SEEN, _MARKED = _P["last"], _P["seen_ns"], _P["mark"]
_BID, _BID_QUANTITY = _P["bid"], _P["bid_quantity"]
_ASK, _ASK_QUANTITY = _P["ask"], _P["ask_quantity"]
_CASH, _HELD, _ENTRY = _S["cash"], _S["quantity"], _S["entry_worth"]
_EVENT_WORDS: Final = places(EVENT)[""]
_COMMANDS: Final = places(BOOK)["commands"]
_COMMAND: Final = tuple(
    places(COMMAND)[name]
    for name in (
        "kind", "robot", "instrument", "order", "number", "side", "type", "flags",
        "position_side", "price", "trigger", "trail", "quantity",
    )
)  # fmt: skip
_NO_INSTRUMENT: Final = np.zeros(0, np.int16)

TABLES: Final = ("sim", "orders", "rungs", "markets", "terms")
"""What an engine at rest consists of: its queue is empty then."""


class Engine:
    """One simulated market with its accounts; robot i of the simulator is account i."""

    def __init__(
        self, instruments: Sequence[Instrument], settings: SimSettings, *, kinds: frozenset[int],
        cash: Sequence[int], coins: Sequence[tuple[int, int, int]], leverage: int, rows: int,
    ) -> None:  # fmt: skip
        """Lay out the tables; `rows` is the number of orders that can be open at one time."""
        if settings.order_delay_ns or settings.jitter_ns or settings.bar_step_ns:
            raise ConfigurationError(
                "a paper exchange answers at once and closes no bars: "
                "order_delay_ns, jitter_ns and bar_step_ns must be 0"
            )
        count = len(instruments)
        self.accounts, self.count = len(cash), count
        self.terms = terms_of(tuple(instruments), leverage=leverage)
        parts = new_sim(
            self.terms, settings, kinds=(kinds,), robots=self.accounts,
            accounts=tuple(range(self.accounts)), cash=cash, coins=coins, orders=rows,
            news=1 << (8 * rows - 1).bit_length(),
        )  # fmt: skip
        self.sim, self.resting, self.queue = parts.sim, parts.resting, parts.queue
        self.markets = table(PLANE, count)
        self.heard: list[list[int]] = []
        self.now_ns = 0
        self._quick = not kinds & {DEPTH_BID, DEPTH_ASK}
        self._quotes_price = not kinds & {TRADE_BUY, TRADE_SELL, DEPTH_BID, DEPTH_ASK}
        self._connect()

    def _connect(self) -> None:
        """Bind the compiled doors to the tables."""
        self._words, self._planes = flat(self.sim), flat(self.markets)
        self._ring = flat(self.queue)
        self._flights = int(self.sim[0]["flight_room"])
        self._mask = int(self.sim[0]["news_room"]) - 1
        event, book, robots = table(EVENT), table(BOOK), table(ROBOT, self.accounts)
        command = table(COMMAND)
        robots["wake_low"], robots["wake_high"] = NEVER_LOW, NEVER_HIGH
        robots["wake_at_ns"] = NEVER_NS
        self._event, self._book, self._command = flat(event), flat(book), flat(command)
        ts, kind = np.zeros(1, np.int64), np.zeros(1, np.int8)
        inst = np.zeros(1, np.int16) if self.count > 1 else _NO_INSTRUMENT
        values = [np.zeros(1, np.int64) for _ in range(5)]
        none = np.zeros(0, np.int64)
        head = (
            event, book, robots, self.markets, self.terms, self.sim, self.resting, self.queue,
        )  # fmt: skip
        self._head: tuple[Any, ...] = head
        self._row_arguments: tuple[Any, ...] = (*head, ts, kind, inst, *values)
        self._still: tuple[Any, ...] = (
            *head, none, np.zeros(0, np.int8), _NO_INSTRUMENT, none, none, none, none, none,
        )  # fmt: skip
        self._submitted: tuple[Any, ...] = (
            event, book, _no_orders(), command, self.markets, self.terms, self.sim, self.resting,
            self.queue,
        )  # fmt: skip
        self._ts, self._kind, self._inst = _view(ts), _view(kind), _view(inst)
        self._values = [_view(v) for v in values]
        self._advance = _door(advance, self._still)
        self._submit = _door(submit, self._submitted)

    # --- the market ------------------------------------------------------------------------------

    def trade(self, now_ns: int, k: int, price: int, quantity: int, taker_side: int) -> bool:
        """Let somebody trade; True when news were caused."""
        words = self._words
        at = 2 * k * _SIM_WORDS
        if self._quick and words[at + _LOW] < price < words[at + _HIGH]:
            planes = self._planes
            m = k * _PLANE_WORDS
            self.now_ns = max(self.now_ns, now_ns)
            planes[m + _LAST] = price
            planes[m + _SEEN] = self.now_ns
            return False
        kind = TRADE_BUY if taker_side > 0 else TRADE_SELL
        return self.row(now_ns, kind, k, price, quantity)

    def quote(self, now_ns: int, k: int, bid: int, bid_quantity: int, ask: int,
              ask_quantity: int) -> bool:  # fmt: skip
        """Show a best bid and ask; True when news were caused."""
        words, planes = self._words, self._planes
        at, m = 2 * k * _SIM_WORDS, k * _PLANE_WORDS
        if not self._quick:
            return self.row(now_ns, QUOTE, k, bid, bid_quantity, ask, ask_quantity)
        if self._quotes_price:
            middle = (bid + ask) // 2
            if not (bid and ask and words[at + _LOW] < middle < words[at + _HIGH]):
                return self.row(now_ns, QUOTE, k, bid, bid_quantity, ask, ask_quantity)
            planes[m + _LAST] = middle
        self.now_ns = max(self.now_ns, now_ns)
        if bid != planes[m + _BID] or bid_quantity != planes[m + _BID_QUANTITY]:
            words[at + _BID_LEFT] = bid_quantity
            planes[m + _BID] = bid
            planes[m + _BID_QUANTITY] = bid_quantity
        if ask != planes[m + _ASK] or ask_quantity != planes[m + _ASK_QUANTITY]:
            words[at + _ASK_LEFT] = ask_quantity
            planes[m + _ASK] = ask
            planes[m + _ASK_QUANTITY] = ask_quantity
        planes[m + _SEEN] = self.now_ns
        words[at + _QUOTED] = 1
        return False

    def row(self, now_ns: int, kind: int, k: int, a: int = 0, b: int = 0, c: int = 0, d: int = 0,
            e: int = 0) -> bool:  # fmt: skip
        """Let any row of history happen, through the compiled walk."""
        self.now_ns = max(self.now_ns, now_ns)
        self._ts[0], self._kind[0] = self.now_ns, kind
        if self.count > 1:
            self._inst[0] = k
        values = self._values
        values[0][0], values[1][0], values[2][0] = a, b, c
        values[3][0], values[4][0] = d, e
        return self._walk(self._row_arguments)

    def rows(self, chunk: Chunk) -> bool:
        """Walk a chunk at the speed of the compiled walk; its times must not go back."""
        if not len(chunk):
            return False
        inst = chunk.instrument
        if self.count > 1 and not len(inst):
            inst = np.zeros(len(chunk), np.int16)
        columns: list[Any] = [chunk.ts_ns, chunk.kind, inst if self.count > 1 else _NO_INSTRUMENT]
        columns.extend(
            values if len(values) else np.zeros(len(chunk), np.int64)
            for values in (chunk.a, chunk.b, chunk.c, chunk.d, chunk.e)
        )
        found = self._walk((*self._head, *(np.ascontiguousarray(c) for c in columns)))
        self.now_ns = max(self.now_ns, int(chunk.ts_ns[-1]))
        return found

    def _walk(self, arguments: tuple[Any, ...]) -> bool:
        before = len(self.heard)
        while self._advance(*arguments) != CHUNK_END:
            self.heard.append(self._event.tolist())
        if self._words[_FAULT]:
            raise OverflowHalt(f"the simulated venue halted, fault {self._words[_FAULT]}")
        return len(self.heard) > before

    # --- commands --------------------------------------------------------------------------------

    def place(self, now_ns: int, row: int, number: int, account: int, instrument: int, side: int,
              kind: int, flags: int, position_side: int, price: int, trigger: int, trail: int,
              quantity: int) -> None:  # fmt: skip
        """Let a new order arrive."""
        self._begin(now_ns)
        command = self._command
        for at, word in zip(_COMMAND, (
            CMD_PLACE, account, instrument, row, number, side, kind, flags, position_side, price,
            trigger, trail, quantity,
        ), strict=True):  # fmt: skip
            command[at] = word
        self._hand_in()

    def cancel(self, now_ns: int, row: int, number: int, account: int, instrument: int) -> None:
        """Let a cancel arrive."""
        self._begin(now_ns)
        command = self._command
        for at, word in zip(_COMMAND, (CMD_CANCEL, account, instrument, row, number), strict=False):
            command[at] = word
        self._hand_in()

    def pay_in(self, now_ns: int, account: int, amount: int) -> None:
        """Move money into (or out of) an account from outside."""
        self._begin(now_ns)
        self._words[self._account(account) + _CASH] += amount
        self._words[_UNEASY] = FORCED
        self._walk(self._still)

    def change_terms(self, now_ns: int, k: int, instrument: Instrument, leverage: int) -> None:
        """Give an instrument new filters, fees and margin; its units stay."""
        self._begin(now_ns)
        self.terms[k] = terms_of((instrument,), leverage=leverage)[0]
        self._words[_UNEASY] = FORCED
        self._walk(self._still)

    def allow(self, orders_max: int) -> None:
        """Set how many orders an account may have open."""
        self._words[_S["orders_max"]] = orders_max

    def _begin(self, now_ns: int) -> None:
        self.now_ns = max(self.now_ns, now_ns)
        if self._words[_UNSETTLED]:
            # A mark that changes nothing is the row that ends the update.
            k = self._words[_UNSETTLED] - 1
            self.row(now_ns, MARK, k, self._planes[k * _PLANE_WORDS + _MARKED])
        self._words[_NOW] = self.now_ns

    def _hand_in(self) -> None:
        words = self._words
        self._book[_COMMANDS] = 1
        self._submit(*self._submitted)
        count = words[_NEWS]
        if count:
            first, ring, mask = words[_FIRST], self._ring, self._mask
            for i in range(count):
                at = (self._flights + ((first + i) & mask)) * _EVENT_WORDS
                self.heard.append(ring[at : at + _EVENT_WORDS].tolist())
            words[_FIRST] = (first + count) & mask
            words[_NEWS] = 0
        if words[_UNEASY] or words[_FAULT]:
            self._walk(self._still)

    # --- reading ---------------------------------------------------------------------------------

    def _account(self, account: int) -> int:
        return account * self.count * 2 * _SIM_WORDS

    def cash(self, account: int) -> int:
        """Return an account's wallet, what is locked included."""
        return self._words[self._account(account) + _CASH]

    def holding(self, account: int, k: int, side: int) -> tuple[int, int]:
        """Return signed quantity and worth at entry."""
        at = ((account * self.count + k) * 2 + side) * _SIM_WORDS
        return self._words[at + _HELD], self._words[at + _ENTRY]

    def prices(self, k: int) -> tuple[int, int, int, int]:
        """Return last, bid, ask and mark; 0 where nothing was seen."""
        planes, m = self._planes, k * _PLANE_WORDS
        return planes[m + _LAST], planes[m + _BID], planes[m + _ASK], planes[m + _MARKED]

    # --- keeping ---------------------------------------------------------------------------------

    def tables(self) -> dict[str, bytes]:
        """Return the records as bytes; `put_back` of an engine made alike takes them."""
        arrays = self._arrays()
        return {name: arrays[name].tobytes() for name in TABLES}

    def put_back(self, tables: dict[str, bytes], now_ns: int) -> None:
        """Take the records of an engine that was made with the same settings and instruments."""
        for name, array in self._arrays().items():
            raw = np.frombuffer(tables[name], np.uint8)
            words = array.view(np.uint8)
            if raw.shape != words.shape:
                raise ConfigurationError(
                    f"kept table {name} has {len(raw)} bytes, expected are {len(words)}"
                )
            words[:] = raw
        self.now_ns = now_ns

    def _arrays(self) -> dict[str, np.ndarray]:
        return {
            "sim": self.sim, "orders": self.resting.orders, "rungs": self.resting.rungs,
            "markets": self.markets, "terms": self.terms,
        }  # fmt: skip


def _view(column: Any) -> memoryview:
    return memoryview(column)


@cache
def _no_orders() -> np.ndarray:
    """Return the book's orders, which the venue never reads."""
    return table(ORDER)


@cache
def _opened(compiled: Callable[..., Any]) -> list[Callable[..., Any]]:
    return []


def _door(compiled: Callable[..., Any], still: tuple[Any, ...]) -> Callable[..., Any]:
    """Return the machine code's own entry; the first call ever compiles or loads it."""
    opened = _opened(compiled)
    if not opened:
        compiled(*still)
        opened.append(direct(compiled))
    return opened[0]
