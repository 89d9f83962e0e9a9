"""What ccxt says of orders, trades, positions and money, as typed reports in our units.

Rule 1: a row that does not read is an error of the whole answer, never a row less.
Rule 2: a fee in the base coin is coins of spot, else its worth, rounded up; one in a third coin
is not known in ours, counts as none, and is told (`strange_fee`).
"""

from collections.abc import Iterator, Mapping
from decimal import ROUND_CEILING, Decimal
from typing import Any, Final

from steelyard.model.instruments import Instrument, Kind
from steelyard.model.kinds import BUY, MAKER, SELL, TAKER
from steelyard.model.reports import FundingReport, Holding, OrderReport, OrderState, TradeReport
from steelyard.model.units import RATE_DECIMALS
from steelyard.venues.ccxt.numbers import decimal_of, given, nanos_of, rounded, units_of

_COIN_NAMES: Final = ("asset", "ccy", "coin", "marginCoin")
_WALLETS: Final = ("walletBalance", "cashBal")
"""What a wallet without open profit is called: Binance and Bybit, OKX."""
_SIDES: Final = {"buy": BUY, "sell": SELL}
_STATES: Final = {
    "open": OrderState.OPEN,
    "canceling": OrderState.OPEN,
    "closed": OrderState.FILLED,
    "canceled": OrderState.CANCELED,
    "expired": OrderState.EXPIRED,
    "rejected": OrderState.REJECTED,
}


def order_of(
    row: Mapping[str, Any], instrument: Instrument, place: int, client_id: str, now_ns: int
) -> OrderReport:
    """Read one order. Raises ValueError: without id or state it says nothing."""
    venue_id = str(row.get("id") or "")
    if not venue_id or row.get("status") not in _STATES or row.get("side") not in _SIDES:
        raise ValueError(f"an order was told as {venue_id!r}, {row.get('status')!r}")
    quantity = units_of(given(row.get("amount")), instrument.quantity_decimals, "amount")
    filled = units_of(given(row.get("filled")), instrument.quantity_decimals, "filled")
    state = _STATES[str(row["status"])]
    if state == OrderState.FILLED and filled < quantity:
        state = OrderState.CANCELED  # closed, though not by trading
    told_ns = max(
        nanos_of(row.get(name))
        for name in ("timestamp", "lastTradeTimestamp", "lastUpdateTimestamp")
    )
    return OrderReport(
        client_id=client_id or str(row.get("clientOrderId") or ""),
        venue_id=venue_id,
        instrument=place,
        state=state,
        side=_SIDES[str(row["side"])],
        price=_price(row.get("price"), instrument),
        quantity=quantity,
        filled=filled,
        ts_ns=told_ns or now_ns,
        reduce_only=bool(row.get("reduceOnly")),
        trigger=_price(row.get("triggerPrice") or row.get("stopPrice"), instrument),
    )


def trade_of(
    row: Mapping[str, Any], instrument: Instrument, place: int, client_id: str
) -> TradeReport:
    """Read one trade of the account."""
    if not row.get("id") or row.get("side") not in _SIDES:
        raise ValueError("a trade of the account was told without its id or side")
    price = units_of(row["price"], instrument.price_decimals, "price")
    return TradeReport(
        trade=str(row["id"]),
        client_id=client_id,
        venue_id=str(row.get("order") or ""),
        instrument=place,
        side=_SIDES[str(row["side"])],
        price=price,
        quantity=units_of(row["amount"], instrument.quantity_decimals, "amount"),
        fee=_fee(row, instrument),
        coin_fee=_coin_fee(row, instrument),
        liquidity=MAKER if row.get("takerOrMaker") == "maker" else TAKER,
        ts_ns=nanos_of(row.get("timestamp")),
    )


def strange_fee(row: Mapping[str, Any], instrument: Instrument) -> str:
    """Say that a fee was paid in a coin that is neither base nor settlement, or nothing."""
    for coin, cost in _fees(row):
        if cost and coin not in {instrument.base, instrument.settle}:
            return f"trade {row.get('id')}: a fee of {cost} {coin} is not counted"
    return ""


def funding_of(row: Mapping[str, Any], instrument: Instrument, place: int) -> FundingReport:
    """Read one settled funding; ccxt's amount is what was received."""
    ts_ns = nanos_of(row.get("timestamp"))
    told = (row.get("info") or {}).get("fundingRate") if isinstance(row.get("info"), dict) else None
    return FundingReport(
        reference=str(row.get("id") or ts_ns),
        instrument=place,
        payment=-rounded(decimal_of(row["amount"], "amount").scaleb(instrument.money_decimals)),
        rate=rounded(decimal_of(given(told), "rate").scaleb(RATE_DECIMALS)),
        mark=0,
        ts_ns=ts_ns,
    )


def position_of(row: Mapping[str, Any], instrument: Instrument, place: int) -> Holding:
    """Read one position; quantity signed, worth at its entry."""
    size = units_of(given(row.get("contracts")), instrument.quantity_decimals, "contracts")
    if size and row.get("side") not in {"long", "short"}:
        raise ValueError(f"a position was told with the side {row.get('side')!r}")
    quantity = -abs(size) if row.get("side") == "short" else abs(size)
    entry = decimal_of(given(row.get("entryPrice")), "entry")
    worth = (instrument.quantity_decimal(quantity) * entry * instrument.multiplier).scaleb(
        instrument.money_decimals
    )
    return Holding(
        instrument=place, position_side=0, quantity=quantity,
        entry=rounded(entry.scaleb(instrument.price_decimals)), worth=rounded(worth),
    )  # fmt: skip


def coins_of(balance: Mapping[str, Any], instrument: Instrument, place: int) -> Holding:
    """Read the base coins of a spot instrument, the dust below its unit left out."""
    total = decimal_of(given((balance.get("total") or {}).get(instrument.base)), "total")
    return Holding(
        instrument=place, position_side=0,
        quantity=int(total.scaleb(instrument.quantity_decimals)),
    )  # fmt: skip


def cash_of(balance: Mapping[str, Any], instrument: Instrument) -> int:
    """Read the wallet's settlement asset. Raises ValueError where the answer has no totals."""
    totals = balance.get("total")
    if not isinstance(totals, dict):
        raise ValueError("the balance was told without totals")  # noqa: TRY004 - of the answer
    total = decimal_of(given(totals.get(instrument.settle)), "total")
    if instrument.kind != Kind.SPOT:
        # What ccxt calls a total is often the account's worth, open profit included.
        rows = _rows_of(balance.get("info"), instrument.settle)
        total = next((one for row in rows if (one := _wallet(row)) is not None), total)
    return int(total.scaleb(instrument.money_decimals))


def _rows_of(told: Any, coin: str) -> Iterator[Mapping[str, Any]]:
    """Yield what an exchange's own answer says of one coin."""
    if isinstance(told, dict):
        if coin in {told.get(name) for name in _COIN_NAMES if isinstance(told.get(name), str)}:
            yield told
        told = list(told.values())
    if isinstance(told, list):
        for one in told:
            yield from _rows_of(one, coin)


def _wallet(row: Mapping[str, Any]) -> Decimal | None:
    for name in _WALLETS:
        if row.get(name) not in (None, ""):
            return decimal_of(row[name], name)
    if row.get("accountEquity") in (None, "") or row.get("unrealizedPL") is None:
        return None
    return decimal_of(row["accountEquity"], "equity") - decimal_of(given(row["unrealizedPL"]))


def _price(value: Any, instrument: Instrument) -> int:
    number = decimal_of(given(value), "price").scaleb(instrument.price_decimals)
    # Averages stand here for orders at the market, and have more decimals than any price.
    return rounded(number)


def _fees(row: Mapping[str, Any]) -> list[tuple[str, Decimal]]:
    told = row.get("fees") or ([row["fee"]] if row.get("fee") else [])
    return [
        (str(one.get("currency") or ""), decimal_of(given(one.get("cost")), "fee")) for one in told
    ]


def _fee(row: Mapping[str, Any], instrument: Instrument) -> int:
    total = Decimal(0)
    for coin, cost in _fees(row):
        if coin == instrument.settle or (instrument.kind != Kind.SPOT and not coin):
            total += cost
        elif coin == instrument.base and instrument.kind != Kind.SPOT:
            total += cost * decimal_of(row["price"], "price")
    units = total.scaleb(instrument.money_decimals)
    return int(units.to_integral_value(ROUND_CEILING))


def _coin_fee(row: Mapping[str, Any], instrument: Instrument) -> int:
    if instrument.kind != Kind.SPOT:
        return 0
    total = sum((cost for coin, cost in _fees(row) if coin == instrument.base), Decimal(0))
    units = total.scaleb(instrument.quantity_decimals)
    return int(units.to_integral_value(ROUND_CEILING))
