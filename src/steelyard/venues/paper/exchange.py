"""A whole exchange in process: the market, the accounts, every request, and the news of it.

Rule 1: purely synchronous and purely given: no clock, no I/O, no chance. Every call says what time
it is; time never goes back, an earlier time counts as the last one.
Rule 2: every request returns its `Reply` at once; what it caused for the private streams waits in
order in `drain()`.
Rule 3: a request is judged in the order key, status, timestamp, grammar, id, mode, caps, and then
by the simulator. The first objection refuses it and nothing has happened.
Rule 4: queries change nothing. They answer from a view that may be `lag_ns` old.
"""

from collections.abc import Sequence
from typing import Final

from steelyard.kernel.ports import Placing, VenueTerms
from steelyard.model.errors import ConfigurationError
from steelyard.model.events import Quote, Trade
from steelyard.model.history import Chunk
from steelyard.model.instruments import Instrument, Kind
from steelyard.model.kinds import (
    BUY,
    FUNDING,
    MARKET,
    QUOTE,
    REDUCE_ONLY,
    SELL,
    SHORT,
    TRADE_BUY,
    TRADE_SELL,
)
from steelyard.model.reasons import VENUE_TOO_MANY
from steelyard.model.reports import (
    Listing,
    OpenOrders,
    OrderFound,
    OrderReport,
    OrderState,
    Refusal,
    Reply,
    Success,
    VenueStatus,
)
from steelyard.venues.paper.books import AccountBook, holdings_of, trades_since
from steelyard.venues.paper.clerk import Clerk, Told
from steelyard.venues.paper.engine import Engine
from steelyard.venues.paper.judging import malformed, objection, shut_out
from steelyard.venues.paper.rules import (
    NOT_SUPPORTED,
    PAPER_TERMS,
    SCOPES,
    STATUSES,
    UNKNOWN,
    WRONG_MODE,
    ExchangeRules,
    is_conditional,
    refusal,
)
from steelyard.venues.sim.settings import SimSettings

KINDS: Final = frozenset({TRADE_BUY, TRADE_SELL, QUOTE})
"""Rows a market has where nothing else is said: trades, and quotes that say what takers pay."""

_ROWS_MIN: Final = 16
_ROWS_FREE: Final = 256  # of each account, where the rules set no cap
_ROWS_MAX: Final = 4_096
_DONE: Final = Success()
_PLAIN_RULES: Final = ExchangeRules()
_PLAIN_MATCHING: Final = SimSettings()


class SimExchange:
    """One exchange. Accounts and instruments are numbered from 0, as they were given."""

    def __init__(
        self, instruments: Sequence[Instrument], *, terms: VenueTerms = PAPER_TERMS,
        rules: ExchangeRules = _PLAIN_RULES, cash: Sequence[int] = (0,),
        coins: Sequence[tuple[int, int, int]] = (), leverage: int = 1, hedged: bool = False,
        kinds: frozenset[int] = KINDS, matching: SimSettings = _PLAIN_MATCHING, rows: int = 0,
    ) -> None:  # fmt: skip
        """Open the exchange.

        `cash[account]` is in minor units, `coins` are rows of (account, instrument, quantity).
        `kinds` are the kinds of rows the market will have: with trades among them only trades fill
        resting orders. `rows`: how many orders may be open at once, of all accounts, for as
        long as it lives; 0: as many as the rules allow, at most 4,096.
        """
        rows = rows or min(_ROWS_MAX, max(_ROWS_MIN, (rules.orders_max or _ROWS_FREE) * len(cash)))
        self.terms, self.leverage = terms, leverage
        self.engine = Engine(
            instruments, matching, kinds=kinds, cash=cash, coins=coins, leverage=leverage,
            rows=rows,
        )  # fmt: skip
        held: list[dict[int, int]] = [{} for _ in cash]
        for account, instrument, quantity in coins:
            held[account][2 * instrument] = held[account].get(2 * instrument, 0) + quantity
        books = [AccountBook(c, h, hedged=hedged) for c, h in zip(cash, held, strict=True)]
        self.clerk = Clerk(self.engine, instruments, books, rows=rows)
        self._take_rules(rules)

    # --- the market ------------------------------------------------------------------------------

    def trade(self, now_ns: int, instrument: int, price: int, quantity: int,
              taker_side: int) -> None:  # fmt: skip
        """Let somebody trade."""
        if self.engine.trade(now_ns, instrument, price, quantity, taker_side):
            self.clerk.absorb()

    def quote(self, now_ns: int, instrument: int, bid: int, bid_quantity: int, ask: int,
              ask_quantity: int) -> None:  # fmt: skip
        """Show a best bid and ask."""
        if self.engine.quote(now_ns, instrument, bid, bid_quantity, ask, ask_quantity):
            self.clerk.absorb()

    def market(self, now_ns: int, event: Trade | Quote) -> None:
        """Let a market event happen now, whatever its own time."""
        if isinstance(event, Trade):
            self.trade(now_ns, event.instrument, event.price, event.quantity, event.taker_side)
        else:
            self.quote(
                now_ns, event.instrument, event.bid, event.bid_quantity, event.ask,
                event.ask_quantity,
            )  # fmt: skip

    def row(self, now_ns: int, kind: int, instrument: int, a: int = 0, b: int = 0, c: int = 0,
            d: int = 0, e: int = 0) -> None:  # fmt: skip
        """Let a row of history happen now; columns as in `model.history`."""
        if kind == QUOTE:
            self.quote(now_ns, instrument, a, b, c, d)
        elif kind <= TRADE_SELL:
            self.trade(now_ns, instrument, a, b, BUY if kind == TRADE_BUY else SELL)
        elif self.engine.row(now_ns, kind, instrument, a, b, c, d, e):
            self.clerk.absorb()

    def rows(self, chunk: Chunk) -> None:
        """Let a chunk of history happen at its own times, at the speed of a backtest."""
        self.engine.rows(chunk)
        self.clerk.absorb()

    def funding(self, now_ns: int, instrument: int, rate: int, mark: int = 0) -> None:
        """Settle funding at a rate in 10^-8; `mark` 0: at the mark, or the last price."""
        self.row(now_ns, FUNDING, instrument, rate, mark)

    # --- requests --------------------------------------------------------------------------------

    def place(self, now_ns: int, account: int, order: Placing, *, sent_ns: int | None = None,
              hedged: bool | None = None) -> Reply:  # fmt: skip
        """Create an order; Success carries its OrderReport.

        `sent_ns` is the request's own timestamp (None: now). `hedged` is the position mode that
        the request was written for (None: the account's).
        """
        sent_ns = now_ns if sent_ns is None else sent_ns
        return (
            self._shut(account, now_ns, sent_ns)
            or objection(self.rules, self.terms, self.clerk.books[account], order, hedged)
            or self._place(now_ns, account, order, foreign=False)
        )

    def cancel(self, now_ns: int, account: int, client_id: str, instrument: int, *,
               sent_ns: int | None = None) -> Reply:  # fmt: skip
        """Cancel an open order, in whatever namespace it lives."""
        if shut := self._shut(account, now_ns, now_ns if sent_ns is None else sent_ns):
            return shut
        book = self.clerk.books[account]
        order = book.find(client_id, instrument, None)
        if order is None or order.number not in book.open:
            return UNKNOWN
        self.clerk.cancel(now_ns, order)
        return _DONE

    def cancel_all(self, now_ns: int, account: int, instrument: int, *,
                   sent_ns: int | None = None) -> Reply:  # fmt: skip
        """Cancel every open order of the account in an instrument, foreign ones included."""
        if shut := self._shut(account, now_ns, now_ns if sent_ns is None else sent_ns):
            return shut
        for order in list(self.clerk.books[account].open.values()):
            if order.instrument == instrument and order.state == OrderState.OPEN:
                self.clerk.cancel(now_ns, order)
        return _DONE

    def order(self, now_ns: int, account: int, client_id: str, instrument: int, *,
              algo: bool | None = None) -> Reply:  # fmt: skip
        """Look for an order by client id, in both namespaces or (`algo`) in one."""
        if shut := self._shut(account, now_ns, now_ns):
            return shut
        at_ns = self._view_ns(now_ns)
        order = self.clerk.books[account].find(client_id, instrument, algo)
        report = order.seen(at_ns) if order else None
        if order is None or report is None:
            return UNKNOWN
        trades = tuple(t for t in order.trades if t.ts_ns <= at_ns)
        return Success(value=OrderFound(report=report, trades=trades))

    def open_orders(self, now_ns: int, account: int) -> Reply:
        """List all open orders."""
        if shut := self._shut(account, now_ns, now_ns):
            return shut
        at_ns = self._view_ns(now_ns)
        book = self.clerk.books[account]
        # What ended within the lag is still open to this view.
        orders = book.orders if at_ns < self.engine.now_ns else book.open.values()
        seen = (order.seen(at_ns) for order in orders)
        return Success(
            value=OpenOrders(
                as_of_ns=self._told_ns(now_ns, at_ns),
                complete=True,
                orders=tuple(r for r in seen if r is not None and r.state == OrderState.OPEN),
            )
        )

    def trades(self, now_ns: int, account: int, cursor: str = "") -> Reply:
        """Tell trades and funding since a cursor, a page at a time."""
        if shut := self._shut(account, now_ns, now_ns):
            return shut
        if cursor and not cursor.isdecimal():
            return NOT_SUPPORTED
        oldest_ns = now_ns - self.rules.lookback_ns if self.rules.lookback_ns else -1
        book, at_ns = self.clerk.books[account], self._view_ns(now_ns)
        return Success(
            value=trades_since(book, int(cursor or 0), oldest_ns, at_ns, self.rules.page)
        )

    def holdings(self, now_ns: int, account: int) -> Reply:
        """Tell positions and wallet."""
        if shut := self._shut(account, now_ns, now_ns):
            return shut
        at_ns, book = self._view_ns(now_ns), self.clerk.books[account]
        told_ns = self._told_ns(now_ns, at_ns)
        return Success(
            value=holdings_of(
                book.wallet(at_ns), self.clerk.instruments, as_of_ns=told_ns, hedged=book.hedged
            )
        )

    # --- others' doing ---------------------------------------------------------------------------

    def foreign_place(self, now_ns: int, account: int, order: Placing) -> Reply:
        """Let a person place an order by hand: no key, no id of ours ("": the venue names it)."""
        return malformed(self.terms, order) or self._place(now_ns, account, order, foreign=True)

    def foreign_trade(
        self, now_ns: int, account: int, instrument: int, side: int, quantity: int, *,
        position_side: int = 0, flags: int = 0, forced: str = "",
    ) -> Reply:  # fmt: skip
        """Let a person trade at the market; with `forced` (`adl`) the venue itself does it."""
        order = Placing(
            client_id="", instrument=instrument, side=side, type=MARKET, flags=flags, price=0,
            quantity=quantity, position_side=position_side,
        )  # fmt: skip
        return malformed(self.terms, order) or self._place(
            now_ns, account, order, foreign=True, forced=forced
        )

    def pay_in(self, now_ns: int, account: int, amount: int) -> None:
        """Let money come from outside, or (negative) leave."""
        self.clerk.books[account].paid_in += amount
        self.engine.pay_in(now_ns, account, amount)
        self.clerk.note_wallet(account, self.engine.now_ns)
        self.clerk.absorb()

    def set_rules(self, now_ns: int, rules: ExchangeRules) -> None:
        """Change the rules; a change of status is told to every account."""
        before = self.rules.status
        self._take_rules(rules)
        if rules.status != before:
            for account in range(self.engine.accounts):
                self.clerk.news.append((account, VenueStatus(ts_ns=now_ns, status=rules.status)))

    def relist(self, now_ns: int, instrument: int, terms: Instrument, leverage: int = 0) -> None:
        """Change an instrument's filters, fees or margin; its units must stay. 0: same leverage."""
        known = self.clerk.instruments[instrument]
        if (terms.kind, terms.worth_ratio, terms.price_decimals, terms.quantity_decimals) != (
            known.kind, known.worth_ratio, known.price_decimals, known.quantity_decimals
        ):  # fmt: skip
            raise ConfigurationError(f"{terms.name}: an instrument's units are fixed for its life")
        self.leverage = leverage or self.leverage
        self.engine.change_terms(now_ns, instrument, terms, self.leverage)
        every = list(self.clerk.instruments)
        every[instrument] = terms
        self.clerk.instruments = tuple(every)
        self.clerk.absorb()

    def set_mode(self, account: int, *, hedged: bool) -> Reply:
        """Change the position mode, as a person would; refused with positions or orders open."""
        book = self.clerk.books[account]
        if book.hedged == hedged:
            return _DONE
        margined = [k for k, i in enumerate(self.clerk.instruments) if i.kind != Kind.SPOT]
        if book.open or any(self.position(account, k, side) for k in margined for side in (0, 1)):
            return WRONG_MODE
        book.hedged = hedged
        return _DONE

    def listing(self, now_ns: int, account: int) -> Reply:
        """Answer with the terms of all instruments."""
        return Success(value=Listing(as_of_ns=now_ns, instruments=tuple(self.clerk.instruments)))

    # --- what happened ---------------------------------------------------------------------------

    def drain(self) -> Told:
        """Return (account, news) since the last time, in order."""
        told, self.clerk.news = self.clerk.news, []
        return told

    @property
    def now_ns(self) -> int:
        """The latest time that was given."""
        return self.engine.now_ns

    def prices(self, instrument: int) -> tuple[int, int, int, int]:
        """Return last, bid, ask and mark; 0 where nothing was seen."""
        return self.engine.prices(instrument)

    def resting(self, account: int, client_id: str) -> OrderReport | None:
        """Return an open order by its id, as it is now; for those who stand beside the venue."""
        book = self.clerk.books[account]
        for order in (book.plain.get(client_id), book.algo.get(client_id)):
            if order is not None and order.number in book.open:
                return order.now()
        return None

    def position(self, account: int, instrument: int, side: int = 0) -> int:
        """Return the signed position, or coins."""
        return self.engine.holding(account, instrument, side)[0]

    def cash(self, account: int) -> int:
        """Return the wallet, what is locked included."""
        return self.engine.cash(account)

    # --- inside ----------------------------------------------------------------------------------

    def _take_rules(self, rules: ExchangeRules) -> None:
        if rules.status not in STATUSES or rules.id_scope not in SCOPES:
            raise ConfigurationError(
                f"status was {rules.status!r} and id_scope {rules.id_scope!r}, allowed are "
                f"{', '.join(STATUSES)} and {', '.join(SCOPES)}"
            )
        self.rules = rules
        self.clerk.kept = rules.kept
        self.engine.allow(rules.orders_max)

    def _shut(self, account: int, now_ns: int, sent_ns: int) -> Refusal | None:
        return shut_out(self.rules, self.terms, account, now_ns - sent_ns)

    def _view_ns(self, now_ns: int) -> int:
        return max(now_ns, self.engine.now_ns) - self.rules.lag_ns

    def _told_ns(self, now_ns: int, at_ns: int) -> int:
        return at_ns if self.rules.tells_age else max(now_ns, self.engine.now_ns)

    def _place(self, now_ns: int, account: int, order: Placing, *, foreign: bool,
               forced: str = "") -> Reply:  # fmt: skip
        clerk = self.clerk
        book, flags = clerk.books[account], order.flags
        if not order.instrument < self.engine.count:
            return NOT_SUPPORTED
        if order.position_side and not book.hedged:
            return WRONG_MODE
        if book.hedged and clerk.instruments[order.instrument].kind != Kind.SPOT:
            # Against its side of a hedged account an order can only close.
            closing = SELL if order.position_side != SHORT else BUY
            if order.side == closing:
                flags |= REDUCE_ONLY
        if not clerk.free:
            return refusal(VENUE_TOO_MANY, len(clerk.by_row), len(clerk.by_row))
        found = clerk.place(
            now_ns, account, order, flags, foreign=foreign, forced=forced,
            algo=self.rules.algo_namespace and is_conditional(order.type),
        )  # fmt: skip
        return Success(value=found) if isinstance(found, OrderReport) else found
