"""Orders, trades, positions and funding as Binance tells them over REST, as reports of the model.

Rule 1: what is about none of the account's instruments is None, never an error.
Rule 2: an unknown status is an error, never a guess.
Rule 3: a post-only order of the perpetuals that would have traded comes back EXPIRED without ever
having rested: it is told as REJECTED.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from steelyard.model import reasons
from steelyard.model.instruments import Instrument
from steelyard.model.kinds import BUY, MAKER, SELL, TAKER
from steelyard.model.reports import FundingReport, Holding, OrderReport, OrderState, TradeReport
from steelyard.venues.binance.memory import Memory
from steelyard.venues.binance.numbers import fee_of, nanos, nearest_units
from steelyard.venues.binance.orders import POSITION_SIDES
from steelyard.venues.binance.symbols import Symbols
from steelyard.venues.binance.terms import Product
from steelyard.venues.binance.words import (
    Algo,
    Income,
    Order,
    PerpPosition,
    PerpTrade,
    SpotBalance,
    SpotTrade,
)
from steelyard.venues.native.numbers import units

_SIDES: Final = {"BUY": BUY, "SELL": SELL}
STATES: Final = {
    "NEW": OrderState.OPEN, "PARTIALLY_FILLED": OrderState.OPEN, "PENDING_NEW": OrderState.OPEN,
    "PENDING_CANCEL": OrderState.OPEN, "NEW_INSURANCE": OrderState.OPEN,
    "NEW_ADL": OrderState.OPEN, "FILLED": OrderState.FILLED, "CANCELED": OrderState.CANCELED,
    "REJECTED": OrderState.REJECTED, "EXPIRED": OrderState.EXPIRED,
    "EXPIRED_IN_MATCH": OrderState.EXPIRED,
}  # fmt: skip
ALGO_STATES: Final = {
    "NEW": OrderState.OPEN, "TRIGGERING": OrderState.OPEN, "TRIGGERED": OrderState.OPEN,
    "CANCELED": OrderState.CANCELED, "REJECTED": OrderState.REJECTED,
    "EXPIRED": OrderState.EXPIRED, "FINISHED": OrderState.FILLED,
}  # fmt: skip
_LIQUIDATION: Final = "autoclose-"
_ADL: Final = "adl_autoclose"


def state_of(word: str) -> OrderState:
    """Return an order's state; raise ValueError for a word nobody knows."""
    try:
        return STATES[word]
    except KeyError:
        raise ValueError(f"order status was {word!r}, allowed are {', '.join(STATES)}") from None


def algo_state(word: str, filled: int, quantity: int) -> OrderState:
    """Return a conditional order's state; a finished one is filled only by its quantity."""
    try:
        state = ALGO_STATES[word]
    except KeyError:
        raise ValueError(f"algo status was {word!r}") from None
    if state is OrderState.FILLED and filled < quantity:
        return OrderState.CANCELED
    return state


def ended(
    state: OrderState, filled: int, *, post_only: bool, rested: bool
) -> tuple[OrderState, int]:
    """Return (state, reason) of a perpetual's order, by rule 3."""
    if state is OrderState.EXPIRED and post_only and not filled and not rested:
        return OrderState.REJECTED, reasons.POST_ONLY_CROSSES
    return state, 0


def forced_of(client_id: str) -> str:
    """Say from an order's id whether the venue closed the position."""
    if client_id.startswith(_ADL):
        return "adl"
    return "liquidation" if client_id.startswith(_LIQUIDATION) else ""


def side_of(word: str) -> int:
    """Return BUY or SELL."""
    try:
        return _SIDES[word]
    except KeyError:
        raise ValueError(f"side was {word!r}, allowed are BUY and SELL") from None


def position_side_of(word: str) -> int:
    """Return the row of a position."""
    try:
        return POSITION_SIDES[word]
    except KeyError:
        raise ValueError(f"position side was {word!r}") from None


class Reports:
    """Turns REST words into reports for one account."""

    def __init__(self, symbols: Symbols, memory: Memory) -> None:
        """Speak of these instruments."""
        self._symbols, self._memory = symbols, memory

    def order(self, product: Product, order: Order) -> OrderReport | None:
        """Report an order."""
        place = self._symbols.find(product, order.symbol)
        if place < 0:
            return None
        instrument = self._symbols.instruments[place]
        own = order.orig_client_order_id or order.client_order_id
        self._memory.name(product, order.order_id, own)
        client_id = self._memory.client_of(product, order.order_id) or own
        self._memory.side(client_id, order.side)
        filled = units(order.executed_qty, instrument.quantity_decimals)
        state, code = ended(
            state_of(order.status), filled, post_only=order.time_in_force == "GTX",
            rested=order.time != order.update_time and order.time > 0,
        )  # fmt: skip
        return OrderReport(
            client_id=client_id, venue_id=str(order.order_id), instrument=place, state=state,
            side=side_of(order.side), price=units(order.price, instrument.price_decimals),
            quantity=units(order.orig_qty, instrument.quantity_decimals), filled=filled,
            ts_ns=nanos(order.update_time or order.transact_time or order.time),
            reduce_only=order.reduce_only,
            trigger=units(order.stop_price or "0", instrument.price_decimals),
            position_side=position_side_of(order.position_side), code=code,
        )  # fmt: skip

    def algo(self, algo: Algo) -> OrderReport | None:
        """Report a conditional order of the perpetuals."""
        place = self._symbols.find(Product.PERP, algo.symbol)
        if place < 0:
            return None
        instrument = self._symbols.instruments[place]
        self._memory.algo(algo.client_algo_id)
        if str(algo.actual_order_id).isdecimal():
            self._memory.become(int(algo.actual_order_id), algo.client_algo_id)
        quantity = units(algo.quantity, instrument.quantity_decimals)
        filled = units(algo.actual_qty or "0", instrument.quantity_decimals)
        return OrderReport(
            client_id=algo.client_algo_id, venue_id=str(algo.algo_id), instrument=place,
            state=algo_state(algo.algo_status, filled, quantity), side=side_of(algo.side),
            price=units(algo.price or "0", instrument.price_decimals), quantity=quantity,
            filled=filled, ts_ns=nanos(algo.update_time or algo.create_time),
            reduce_only=algo.reduce_only,
            trigger=units(algo.trigger_price or "0", instrument.price_decimals),
            position_side=position_side_of(algo.position_side),
        )  # fmt: skip

    def spot_trade(self, trade: SpotTrade, client_id: str) -> TradeReport | None:
        """Report a trade of spot."""
        place = self._symbols.find(Product.SPOT, trade.symbol)
        if place < 0:
            return None
        return self._trade(
            place, trade, client_id, side=BUY if trade.is_buyer else SELL, maker=trade.is_maker
        )

    def perp_trade(self, trade: PerpTrade, client_id: str) -> TradeReport | None:
        """Report a trade of a perpetual."""
        place = self._symbols.find(Product.PERP, trade.symbol)
        if place < 0:
            return None
        return self._trade(
            place, trade, client_id, side=side_of(trade.side), maker=trade.maker,
            position_side=position_side_of(trade.position_side), forced=forced_of(client_id),
        )  # fmt: skip

    def _trade(
        self, place: int, trade: SpotTrade | PerpTrade, client_id: str, *, side: int, maker: bool,
        position_side: int = 0, forced: str = "",
    ) -> TradeReport:  # fmt: skip
        instrument = self._symbols.instruments[place]
        price = units(trade.price, instrument.price_decimals)
        quantity = units(trade.qty, instrument.quantity_decimals)
        paid = fee_of(
            instrument, trade.commission, trade.commission_asset, price=price, quantity=quantity,
            maker=maker,
        )  # fmt: skip
        return TradeReport(
            trade=str(trade.id), client_id=client_id, venue_id=str(trade.order_id),
            instrument=place, side=side, price=price, quantity=quantity, fee=paid.fee,
            liquidity=MAKER if maker else TAKER, ts_ns=nanos(trade.time),
            position_side=position_side, forced=forced, coin_fee=paid.coin_fee,
            estimated=paid.estimated,
        )  # fmt: skip

    def funding(self, paid: Income, rate: int, mark: int) -> FundingReport | None:
        """Report a settled funding; `income` is what came in."""
        place = self._symbols.find(Product.PERP, paid.symbol)
        if place < 0:
            return None
        instrument = self._symbols.instruments[place]
        if paid.asset != instrument.settle:
            return None  # it came out of another wallet, which is not the account's cash either
        return FundingReport(
            reference=str(paid.tran_id), instrument=place,
            payment=-nearest_units(paid.income, instrument.money_decimals), rate=rate, mark=mark,
            ts_ns=nanos(paid.time),
        )  # fmt: skip

    def position(self, row: PerpPosition) -> Holding | None:
        """Report a position; its worth at entry is the notional less the open profit."""
        place = self._symbols.find(Product.PERP, row.symbol)
        if place < 0:
            return None
        instrument = self._symbols.instruments[place]
        quantity = units(row.position_amt, instrument.quantity_decimals)
        if not quantity:
            return None
        return Holding(
            instrument=place, position_side=position_side_of(row.position_side), quantity=quantity,
            entry=nearest_units(row.entry_price, instrument.price_decimals),
            worth=_worth(instrument, row),
        )  # fmt: skip

    def coins(self, balances: Iterable[SpotBalance]) -> tuple[tuple[Holding, ...], Decimal]:
        """Report spot holdings and the settlement coin's balance, locked parts included."""
        held = {one.asset: Decimal(one.free) + Decimal(one.locked) for one in balances}
        holdings = []
        for place in self._symbols.places(Product.SPOT):
            instrument = self._symbols.instruments[place]
            coins = held.get(instrument.base, Decimal(0))
            # Dust below the unit cannot be held, let alone sold: rounding down is what is there.
            quantity = int(coins.scaleb(instrument.quantity_decimals))
            if quantity:
                holdings.append(Holding(instrument=place, position_side=0, quantity=quantity))
        settle = {self._symbols.instruments[p].settle for p in self._symbols.places(Product.SPOT)}
        return tuple(holdings), sum((held.get(asset, Decimal(0)) for asset in settle), Decimal(0))


def _worth(instrument: Instrument, row: PerpPosition) -> int:
    if row.notional:
        value = Decimal(row.notional) - Decimal(row.un_realized_profit)
    else:  # the older version of the endpoint tells no notional
        value = Decimal(row.position_amt) * Decimal(row.entry_price)
    return nearest_units(f"{value:f}", instrument.money_decimals)
