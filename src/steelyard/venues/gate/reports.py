"""What Gate tells of orders, trades, positions and money, as reports.

Rule 1: `finish_as` decides how an order ended (`ENDED`); a word it does not list raises, and nobody
is told anything that is not known.
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

from steelyard.model import reasons
from steelyard.model.instruments import Instrument
from steelyard.model.kinds import BUY, LONG, MAKER, NET, SELL, SHORT, TAKER
from steelyard.model.reports import FundingReport, Holding, OrderReport, OrderState, TradeReport
from steelyard.venues.gate import frames, words
from steelyard.venues.gate.memory import Memory
from steelyard.venues.gate.numbers import seconds_of, time_ns
from steelyard.venues.gate.orders import client_id_of, position_side_of
from steelyard.venues.gate.symbols import Symbols
from steelyard.venues.native.fees import Taken, taken
from steelyard.venues.native.numbers import low, nearest, number, whole

PRICE_ID: Final = "price:"
"""Marks the number of a price-triggered order: those are counted apart."""

_OPEN: Final = OrderState.OPEN
_CANCELED: Final = OrderState.CANCELED
_EXPIRED: Final = OrderState.EXPIRED
_REJECTED: Final = OrderState.REJECTED

ENDED: Final[dict[str, OrderState]] = {
    "filled": OrderState.FILLED,
    "cancelled": _CANCELED,
    "canceled": _CANCELED,
    "liquidate_cancelled": _CANCELED,
    "liquidated": _CANCELED,  # by a liquidation: the venue took it away
    "auto_deleveraged": _CANCELED,
    "auto_deleveraging": _CANCELED,
    "position_closed": _CANCELED,  # the position it would have reduced has gone
    "reduce_only": _CANCELED,  # likewise: it would have opened
    "reduce_out": _CANCELED,
    "stp": _CANCELED,
    "small": _CANCELED,  # what is left is too small to trade
    "price_rate_proteced": _EXPIRED,  # the venue's spelling: slippage ended it
    "price_rate_protected": _EXPIRED,
    "price_protect_cancelled": _EXPIRED,
    "ioc": _EXPIRED,
    "fok": _EXPIRED,
    "depth_not_enough": _EXPIRED,
    "trader_not_enough": _EXPIRED,
    "poc": _REJECTED,
}
"""How an order ended, by `finish_as`."""

_FORCED: Final = ("liq", "hedge-liq", "pm_liquidate", "comb_margin_liquidate", "scm_liquidate")
_ADL: Final = "auto_deleveraging"

_WAITING: Final = frozenset({"open", "inactive", ""})
_SPOT_PRICE_ENDS: Final[dict[str, OrderState]] = {
    "cancelled": _CANCELED,
    "canceled": _CANCELED,
    "expired": _EXPIRED,
    "failed": _REJECTED,
    "invalid": _REJECTED,
}


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
            filled = quantity = low(_bought(word), decimals)
        else:
            quantity = whole(word.amount, decimals)
            filled = quantity - whole(word.left, decimals)
        venue_id = str(word.id)
        state = _spot_state(word)
        return OrderReport(
            client_id=self._ordinary(word.text, venue_id, spot=True), venue_id=venue_id,
            instrument=place, state=state, side=BUY if word.side == "buy" else SELL,
            price=whole(word.price, instrument.price_decimals), quantity=quantity, filled=filled,
            ts_ns=time_ns(
                word.update_time_ms or word.update_time or word.create_time_ms or word.create_time
            ),
            code=_code_of(state, word.finish_as),
        )  # fmt: skip

    def spot_trade(self, word: words.SpotTrade) -> TradeReport | None:
        """Return a trade in coins."""
        place = self._symbols.spot.get(word.currency_pair)
        if place is None:
            return None
        instrument = self._symbols.instruments[place]
        venue_id = str(word.order_id)
        price = whole(word.price, instrument.price_decimals)
        quantity = whole(word.amount, instrument.quantity_decimals)
        paid = _spot_fee(word, instrument, price, quantity)
        return TradeReport(
            trade=str(word.id), client_id=self._client_id(word.text, venue_id, spot=True),
            venue_id=venue_id, instrument=place, side=BUY if word.side == "buy" else SELL,
            price=price, quantity=quantity, fee=paid.fee, coin_fee=paid.coin_fee,
            estimated=paid.estimated, liquidity=_liquidity_of(word.role),
            ts_ns=time_ns(word.create_time_ms or word.create_time), forced=_forced_of(word.text),
        )  # fmt: skip

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
        state = OrderState.OPEN if word.status in _WAITING else _SPOT_PRICE_ENDS.get(word.status)
        if state is None:
            raise ValueError(f"a price-triggered order ended as {word.status!r}")
        return OrderReport(
            client_id=client_id, venue_id=PRICE_ID + number, instrument=place, state=state,
            side=BUY if word.put.side == "buy" else SELL,
            price=whole(word.put.price, instrument.price_decimals),
            quantity=whole(word.put.amount, instrument.quantity_decimals), filled=0,
            ts_ns=time_ns(max(word.ctime, word.ftime)),
            trigger=whole(word.trigger.price, instrument.price_decimals),
        )  # fmt: skip

    def spot_price_news(self, word: frames.SpotPriceNews) -> OrderReport | None:
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
            client_id=client_id, venue_id=f"{PRICE_ID}{word.id}", instrument=place,
            state=state if ended else OrderState.OPEN, side=BUY if word.side == "buy" else SELL,
            price=whole(word.price, instrument.price_decimals),
            quantity=whole(word.amount, instrument.quantity_decimals), filled=0,
            ts_ns=time_ns(word.ftime if ended else word.ctime),
            trigger=whole(word.trigger_price, instrument.price_decimals),
        )  # fmt: skip

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
        size = whole(word.size, instrument.quantity_decimals)
        left = whole(word.left, instrument.quantity_decimals)
        reduces = word.is_reduce_only or word.is_close
        venue_id = str(word.id)
        position_side = position_side_of(size or left, reduces=reduces, hedged=self._hedged)
        self._memory.side(venue_id, position_side)
        state = _perp_state(word)
        return OrderReport(
            client_id=self._ordinary(word.text, venue_id, spot=False), venue_id=venue_id,
            instrument=place, state=state, side=BUY if (size or left) > 0 else SELL,
            price=whole(word.price, instrument.price_decimals), quantity=abs(size),
            filled=abs(size) - abs(left),
            ts_ns=time_ns(
                max(
                    word.finish_time_ms / 1000, word.finish_time, seconds_of(word.update_time),
                    word.create_time_ms / 1000, word.create_time,
                )
            ),
            reduce_only=reduces, position_side=position_side, code=_code_of(state, word.finish_as),
        )  # fmt: skip

    def perp_trade(self, word: words.PerpTrade) -> TradeReport | None:
        """Return a trade in contracts."""
        place = self._symbols.perp.get(word.contract)
        if place is None:
            return None
        instrument = self._symbols.instruments[place]
        venue_id = str(word.order_id)
        size = whole(word.size, instrument.quantity_decimals)
        return TradeReport(
            trade=str(word.trade_id or word.id),
            client_id=self._client_id(word.text, venue_id, spot=False), venue_id=venue_id,
            instrument=place, side=BUY if size > 0 else SELL,
            price=whole(word.price, instrument.price_decimals), quantity=abs(size),
            fee=nearest(word.fee, instrument.money_decimals), liquidity=_liquidity_of(word.role),
            ts_ns=time_ns(word.create_time_ms or word.create_time),
            position_side=self._side_of_trade(word, venue_id), forced=_forced_of(word.text),
        )  # fmt: skip

    def perp_price_order(self, word: words.PerpPriceOrder) -> OrderReport | None:
        """Return a price-triggered order in contracts, as long as it is one."""
        place = self._symbols.perp.get(word.initial.contract)
        if place is None:
            return None
        instrument = self._symbols.instruments[place]
        client_id = client_id_of(word.initial.text)
        price_id = word.id_string or str(word.id)
        fired = _perp_fired(word)
        self._memory.waiting(client_id, price_id, spot=False)
        if client_id and fired:
            self._memory.became(client_id, fired)
        if fired:
            return None
        initial = word.initial
        size = whole(_initial_size(initial), instrument.quantity_decimals)
        reduces = initial.is_reduce_only or initial.reduce_only or initial.is_close or initial.close
        sign = size or (-1 if initial.auto_size == "close_long" else 1)
        return OrderReport(
            client_id=client_id, venue_id=PRICE_ID + price_id, instrument=place,
            state=_perp_price_state(word), side=BUY if sign > 0 else SELL,
            price=whole(initial.price, instrument.price_decimals), quantity=abs(size), filled=0,
            ts_ns=time_ns(max(word.create_time, word.finish_time)), reduce_only=reduces,
            trigger=whole(number(str(word.trigger.price)), instrument.price_decimals),
            position_side=position_side_of(sign, reduces=reduces, hedged=self._hedged),
        )  # fmt: skip

    def position(self, word: words.Position) -> Holding | None:
        """Return a position; None for none, or one in a contract that is not ours."""
        place = self._symbols.perp.get(word.contract)
        if place is None or not word.size:
            return None
        instrument = self._symbols.instruments[place]
        quantity = whole(word.size, instrument.quantity_decimals)
        worth = word.size * word.mark_price * instrument.multiplier - word.unrealised_pnl
        return Holding(
            instrument=place, position_side=SHORT if word.mode == "dual_short" else LONG,
            quantity=quantity, entry=nearest(word.entry_price, instrument.price_decimals),
            worth=nearest(worth, instrument.money_decimals),
        )  # fmt: skip

    def funding(self, word: words.BookRow) -> FundingReport | None:
        """Return a settled funding payment; the venue tells neither its rate nor its mark."""
        place = self._symbols.perp.get(word.contract or word.text.partition(":")[0])
        if place is None:
            return None
        instrument = self._symbols.instruments[place]
        reference = str(word.id) or f"{word.contract}:{word.time}:{word.change}"
        return FundingReport(
            reference=reference, instrument=place,
            payment=nearest(-word.change, instrument.money_decimals), rate=0, mark=0,
            ts_ns=time_ns(word.time),
        )  # fmt: skip

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


def _perp_fired(word: words.PerpPriceOrder) -> str:
    """Return the number of the order that a price-triggered one became; "": none."""
    for fired in (str(word.me_order_id), str(word.trade_id)):
        if fired not in {"0", ""}:
            return fired
    return ""


def _initial_size(initial: words.PerpInitial) -> Decimal:
    """Return the signed size of a price-triggered order."""
    return Decimal(initial.amount) if initial.amount and not initial.size else initial.size


def _spot_state(word: words.SpotOrder) -> OrderState:
    """Return how an order in coins stands."""
    if word.status == "open" or (not word.status and word.event in {"put", "update"}):
        return _OPEN
    if word.status == "closed":
        return OrderState.FILLED
    state = ENDED.get(word.finish_as)
    if state is None and word.status == "cancelled":
        # Older answers tell no `finish_as`.
        return _EXPIRED if word.finish_as == "" and word.type == "market" else _CANCELED
    if state is None:
        raise ValueError(f"an order ended as {word.finish_as!r}, status {word.status!r}")
    return state


def _perp_state(word: words.PerpOrder) -> OrderState:
    """Return how an order in contracts stands."""
    if word.status == "open":
        return _OPEN
    state = ENDED.get(word.finish_as)
    if word.status != "finished" or state is None:
        raise ValueError(f"an order ended as {word.finish_as!r}, status {word.status!r}")
    return state


def _perp_price_state(word: words.PerpPriceOrder) -> OrderState:
    """Return how a price-triggered order in contracts stands."""
    if word.status in _WAITING:
        return _OPEN
    match word.finish_as or word.status:
        case "cancelled" | "canceled":
            return _CANCELED
        case "expired":
            return _EXPIRED
        case "failed" | "invalid":
            return _REJECTED
    raise ValueError(f"a price-triggered order ended as {word.finish_as!r}, {word.status!r}")


def _code_of(state: OrderState, finish_as: str) -> int:
    """Return our reason for a rejection."""
    return reasons.POST_ONLY_CROSSES if state == _REJECTED and finish_as == "poc" else 0


def _bought(word: words.SpotOrder) -> Decimal:
    """Return what a purchase at market has bought so far."""
    if word.filled_amount is not None:
        return word.filled_amount
    return word.filled_total / word.avg_deal_price if word.avg_deal_price else Decimal(0)


def _spot_fee(
    word: words.SpotTrade, instrument: Instrument, price: int, quantity: int
) -> Taken:  # fmt: skip
    """Read the fee of a trade: what GT or points paid, `fee` tells as 0."""
    coin = word.fee_currency or (instrument.base if word.side == "buy" else instrument.quote)
    for name, paid in ((coin, word.fee), ("GT", word.gt_fee), ("points", word.point_fee)):
        if paid:
            return taken(
                instrument, name, paid, price=price, quantity=quantity, maker=word.role == "maker"
            )
    return Taken()


def _liquidity_of(role: str) -> int:
    """Return which side of the trade was ours."""
    if role not in {"maker", "taker"}:
        raise ValueError(f"the role of a trade was {role!r}")
    return MAKER if role == "maker" else TAKER


def _forced_of(text: str) -> str:
    """Say by what the venue closed a position; "": it did not."""
    if text == _ADL:
        return "adl"
    return "liquidation" if text.startswith(_FORCED) else ""
