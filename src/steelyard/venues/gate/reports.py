"""What Gate tells of orders, trades, positions and money, as reports.

Rule 1: how an order ended stands in a table (`ends`); what it does not list raises.
Rule 2: fees of coins are told in the coin that was received, or as GT or points beside a fee of 0
(`native.fees` says what becomes of each).
Rule 3: balances and entries are floored or rounded to the instrument's unit; prices and sizes of
our own trades must fit it exactly.
Rule 4: a row about an instrument that is not ours is passed over (None).
Rule 5: in hedged mode `close_size` tells which side a trade is about; where it is missing, the
order it belongs to must be known. Nothing is guessed.
"""

from decimal import Decimal
from typing import Final

from steelyard.model.kinds import BUY, LONG, NET, SELL, SHORT
from steelyard.model.reports import (
    FundingReport,
    Holding,
    OrderReport,
    OrderState,
    TradeReport,
)
from steelyard.venues.gate import words
from steelyard.venues.gate.ends import (
    SPOT_PRICE_ENDS,
    WAITING,
    bought,
    code_of,
    forced_of,
    initial_size,
    liquidity_of,
    perp_fired,
    perp_price_state,
    perp_state,
    seconds_of,
    spot_fee,
    spot_state,
)
from steelyard.venues.gate.memory import Memory
from steelyard.venues.gate.numbers import low, nearest, number, time_ns, units
from steelyard.venues.gate.orders import client_id_of, position_side_of
from steelyard.venues.gate.symbols import Symbols

PRICE_ID: Final = "price:"
"""Marks the number of a price-triggered order: those are counted apart."""


class Reports:
    """Turns words into reports for one account."""

    def __init__(self, symbols: Symbols, memory: Memory, *, hedged: bool) -> None:
        """Read what is about these symbols; `memory` is shared with whoever asks."""
        self._symbols, self._memory, self._hedged = symbols, memory, hedged

    # --- coins -----------------------------------------------------------------------------------

    def spot_order(self, word: words.SpotOrder) -> OrderReport | None:
        """Return an order in coins. One that bought for an amount of quote is told by its fills."""
        place = self._symbols.spot.get(word.currency_pair)
        if place is None:
            return None
        instrument = self._symbols.instruments[place]
        decimals = instrument.quantity_decimals
        if word.type == "market" and word.side == "buy":
            filled = quantity = low(bought(word), decimals)
        else:
            quantity = units(word.amount, decimals)
            filled = quantity - units(word.left, decimals)
        venue_id = str(word.id)
        state = spot_state(word)
        return OrderReport(
            client_id=self._ordinary(word.text, venue_id, spot=True),
            venue_id=venue_id,
            instrument=place,
            state=state,
            side=BUY if word.side == "buy" else SELL,
            price=units(word.price, instrument.price_decimals),
            quantity=quantity,
            filled=filled,
            ts_ns=time_ns(
                word.update_time_ms or word.update_time or word.create_time_ms or word.create_time
            ),
            code=code_of(state, word.finish_as),
        )

    def spot_trade(self, word: words.SpotTrade) -> TradeReport | None:
        """Return a trade in coins."""
        place = self._symbols.spot.get(word.currency_pair)
        if place is None:
            return None
        instrument = self._symbols.instruments[place]
        venue_id = str(word.order_id)
        price = units(word.price, instrument.price_decimals)
        quantity = units(word.amount, instrument.quantity_decimals)
        paid = spot_fee(word, instrument, price, quantity)
        return TradeReport(
            trade=str(word.id),
            client_id=self._client_id(word.text, venue_id, spot=True),
            venue_id=venue_id,
            instrument=place,
            side=BUY if word.side == "buy" else SELL,
            price=price,
            quantity=quantity,
            fee=paid.fee,
            coin_fee=paid.coin_fee,
            estimated=paid.estimated,
            liquidity=liquidity_of(word.role),
            ts_ns=time_ns(word.create_time_ms or word.create_time),
            forced=forced_of(word.text),
        )

    def spot_price_order(self, word: words.SpotPriceOrder) -> OrderReport | None:
        """Return a price-triggered order in coins, as long as it is one."""
        place = self._symbols.spot.get(word.market)
        if place is None:
            return None
        instrument = self._symbols.instruments[place]
        client_id = client_id_of(word.put.text)
        number = str(word.id)
        fired = str(word.fired_order_id)
        self._memory.waiting(client_id, number, spot=True)
        if client_id and fired != "0":
            self._memory.became(client_id, fired)
        if fired != "0":
            return None
        state = OrderState.OPEN if word.status in WAITING else SPOT_PRICE_ENDS.get(word.status)
        if state is None:
            raise ValueError(f"a price-triggered order ended as {word.status!r}")
        return OrderReport(
            client_id=client_id,
            venue_id=PRICE_ID + number,
            instrument=place,
            state=state,
            side=BUY if word.put.side == "buy" else SELL,
            price=units(word.put.price, instrument.price_decimals),
            quantity=units(word.put.amount, instrument.quantity_decimals),
            filled=0,
            ts_ns=time_ns(max(word.ctime, word.ftime)),
            trigger=units(word.trigger.price, instrument.price_decimals),
        )

    def spot_price_news(self, word: words.SpotPriceNews) -> OrderReport | None:
        """Return how a price-triggered order of ours ended; None while it waits, or if it fired.

        The stream does not tell our text: only an order that is remembered is told of.
        """
        place = self._symbols.spot.get(word.market)
        client_id = self._memory.waiter_of(str(word.id), spot=True)
        if place is None or not client_id:
            return None
        fired = str(word.fired_order_id)
        if fired != "0":
            self._memory.became(client_id, fired)
            return None
        instrument = self._symbols.instruments[place]
        ended = word.ftime > 0
        state = OrderState.REJECTED if word.err_msg else OrderState.CANCELED
        return OrderReport(
            client_id=client_id,
            venue_id=f"{PRICE_ID}{word.id}",
            instrument=place,
            state=state if ended else OrderState.OPEN,
            side=BUY if word.side == "buy" else SELL,
            price=units(word.price, instrument.price_decimals),
            quantity=units(word.amount, instrument.quantity_decimals),
            filled=0,
            ts_ns=time_ns(word.ftime if ended else word.ctime),
            trigger=units(word.trigger_price, instrument.price_decimals),
        )

    def coins(self, accounts: dict[str, Decimal]) -> tuple[Holding, ...]:
        """Return the base coins held, by what the account has of each currency."""
        found = []
        for place in self._symbols.places(spot=True):
            instrument = self._symbols.instruments[place]
            held = low(accounts.get(instrument.base, Decimal(0)), instrument.quantity_decimals)
            if held:
                found.append(Holding(instrument=place, position_side=NET, quantity=held))
        return tuple(found)

    # --- contracts -------------------------------------------------------------------------------

    def perp_order(self, word: words.PerpOrder) -> OrderReport | None:
        """Return an order in contracts."""
        place = self._symbols.perp.get(word.contract)
        if place is None:
            return None
        instrument = self._symbols.instruments[place]
        size = units(word.size, instrument.quantity_decimals)
        left = units(word.left, instrument.quantity_decimals)
        reduces = word.is_reduce_only or word.is_close
        venue_id = str(word.id)
        position_side = position_side_of(size or left, reduces=reduces, hedged=self._hedged)
        self._memory.side(venue_id, position_side)
        state = perp_state(word)
        return OrderReport(
            client_id=self._ordinary(word.text, venue_id, spot=False),
            venue_id=venue_id,
            instrument=place,
            state=state,
            side=BUY if (size or left) > 0 else SELL,
            price=units(word.price, instrument.price_decimals),
            quantity=abs(size),
            filled=abs(size) - abs(left),
            ts_ns=time_ns(
                max(
                    word.finish_time_ms / 1000, word.finish_time, seconds_of(word.update_time),
                    word.create_time_ms / 1000, word.create_time,
                )
            ),
            reduce_only=reduces,
            position_side=position_side,
            code=code_of(state, word.finish_as),
        )  # fmt: skip

    def perp_trade(self, word: words.PerpTrade) -> TradeReport | None:
        """Return a trade in contracts."""
        place = self._symbols.perp.get(word.contract)
        if place is None:
            return None
        instrument = self._symbols.instruments[place]
        venue_id = str(word.order_id)
        size = units(word.size, instrument.quantity_decimals)
        return TradeReport(
            trade=str(word.trade_id or word.id),
            client_id=self._client_id(word.text, venue_id, spot=False),
            venue_id=venue_id,
            instrument=place,
            side=BUY if size > 0 else SELL,
            price=units(word.price, instrument.price_decimals),
            quantity=abs(size),
            fee=nearest(word.fee, instrument.money_decimals),
            liquidity=liquidity_of(word.role),
            ts_ns=time_ns(word.create_time_ms or word.create_time),
            position_side=self._side_of_trade(word, venue_id),
            forced=forced_of(word.text),
        )

    def perp_price_order(self, word: words.PerpPriceOrder) -> OrderReport | None:
        """Return a price-triggered order in contracts, as long as it is one."""
        place = self._symbols.perp.get(word.initial.contract)
        if place is None:
            return None
        instrument = self._symbols.instruments[place]
        client_id = client_id_of(word.initial.text)
        price_id = word.id_string or str(word.id)
        fired = perp_fired(word)
        self._memory.waiting(client_id, price_id, spot=False)
        if client_id and fired:
            self._memory.became(client_id, fired)
        if fired:
            return None
        initial = word.initial
        size = units(initial_size(initial), instrument.quantity_decimals)
        reduces = initial.is_reduce_only or initial.reduce_only or initial.is_close or initial.close
        sign = size or (-1 if initial.auto_size == "close_long" else 1)
        return OrderReport(
            client_id=client_id,
            venue_id=PRICE_ID + price_id,
            instrument=place,
            state=perp_price_state(word),
            side=BUY if sign > 0 else SELL,
            price=units(initial.price, instrument.price_decimals),
            quantity=abs(size),
            filled=0,
            ts_ns=time_ns(max(word.create_time, word.finish_time)),
            reduce_only=reduces,
            trigger=units(number(str(word.trigger.price)), instrument.price_decimals),
            position_side=position_side_of(sign, reduces=reduces, hedged=self._hedged),
        )

    def position(self, word: words.Position) -> Holding | None:
        """Return a position; None for none, or one in a contract that is not ours."""
        place = self._symbols.perp.get(word.contract)
        if place is None or not word.size:
            return None
        instrument = self._symbols.instruments[place]
        quantity = units(word.size, instrument.quantity_decimals)
        worth = word.size * word.mark_price * instrument.multiplier - word.unrealised_pnl
        return Holding(
            instrument=place,
            position_side=SHORT if word.mode == "dual_short" else LONG,
            quantity=quantity,
            entry=nearest(word.entry_price, instrument.price_decimals),
            worth=nearest(worth, instrument.money_decimals),
        )

    def funding(self, word: words.BookRow) -> FundingReport | None:
        """Return a settled funding payment; the venue tells neither its rate nor its mark."""
        place = self._symbols.perp.get(word.contract or word.text.partition(":")[0])
        if place is None:
            return None
        instrument = self._symbols.instruments[place]
        reference = str(word.id) or f"{word.contract}:{word.time}:{word.change}"
        return FundingReport(
            reference=reference,
            instrument=place,
            payment=nearest(-word.change, instrument.money_decimals),
            rate=0,
            mark=0,
            ts_ns=time_ns(word.time),
        )

    # --- inside ----------------------------------------------------------------------------------

    def _client_id(self, text: str, venue_id: str, *, spot: bool) -> str:
        return self._memory.owner_of(venue_id, text, spot=spot) or client_id_of(text)

    def _ordinary(self, text: str, venue_id: str, *, spot: bool) -> str:
        client_id = self._client_id(text, venue_id, spot=spot)
        if client_id:
            self._memory.ordinary(client_id, venue_id)
        return client_id

    def _side_of_trade(self, word: words.PerpTrade, venue_id: str) -> int:
        if not self._hedged:
            return NET
        if word.close_size is not None:
            return position_side_of(word.size, reduces=bool(word.close_size), hedged=True)
        known = self._memory.side_of(venue_id)
        if known is None:
            known = self._memory.side_of(word.text)
        if known is None:
            raise ValueError(f"trade {word.id} tells no side, and its order is not known")
        return known
