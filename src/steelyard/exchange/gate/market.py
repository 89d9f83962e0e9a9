"""What Gate tells about its market, over REST and as the results of frames.

Rule 1: a book has the hall's number; a state and the changes after it are counted alike.
Rule 2: sizes of contracts are JSON numbers, or text for a client that asks for decimals.
"""

from decimal import Decimal
from typing import Any, Final

from steelyard.exchange.gate.errors import GateError, invalid
from steelyard.exchange.gate.listing import amount_decimals, symbol_of
from steelyard.exchange.gate.words import seconds, size_word
from steelyard.exchange.hall.port import Hall
from steelyard.exchange.hall.prices import Candle, TradeNews
from steelyard.exchange.hall.words import Status
from steelyard.model.decimals import format_decimal, format_units
from steelyard.model.instruments import Instrument, rate_decimal
from steelyard.model.kinds import BUY
from steelyard.model.market import Level

_MILLI_NS: Final = 1_000_000
_SECOND_NS: Final = 1_000_000_000
_PERCENT: Final = Decimal(100)
INTERVALS: Final = {
    "1m": 60, "5m": 300, "15m": 900, "30m": 1_800, "1h": 3_600, "2h": 7_200, "4h": 14_400,
    "6h": 21_600, "8h": 28_800, "12h": 43_200, "1d": 86_400, "7d": 604_800,
}  # fmt: skip
_PAIR_STATUS: Final = {Status.TRADING: "tradable", Status.POST_ONLY: "tradable"}
_POINTS_MAX: Final = 1_000


def span_ns_of(interval: str) -> int:
    """Return the length of a bar. Raises GateError."""
    if interval not in INTERVALS:
        raise invalid("interval", interval)
    return INTERVALS[interval] * _SECOND_NS


def pair(hall: Hall, place: int) -> dict[str, Any]:
    """Return a listed pair."""
    one = hall.instruments[place]
    return {
        "id": symbol_of(one),
        "base": one.base,
        "base_name": one.base,
        "quote": one.quote,
        "quote_name": one.quote,
        "fee": format_decimal(rate_decimal(one.fees.taker) * _PERCENT),
        "min_base_amount": format_units(one.quantity_min, one.quantity_decimals),
        "min_quote_amount": format_units(one.notional_min, one.money_decimals),
        "max_quote_amount": "5000000",
        "amount_precision": amount_decimals(one),
        "precision": one.price_decimals,
        "trade_status": _PAIR_STATUS.get(hall.status(place), "untradable"),
        "sell_start": 0,
        "buy_start": 0,
        "delisting_time": 0,
        "type": "normal",
        "st_tag": False,
    }


def contract(hall: Hall, place: int) -> dict[str, Any]:
    """Return a listed contract."""
    one = hall.instruments[place]
    mark = hall.mark(place)
    status = hall.status(place)
    tier = one.margin_tiers[-1]
    prices = one.price_decimals
    return {
        "name": symbol_of(one),
        "type": "direct",
        "quanto_multiplier": format_decimal(one.multiplier),
        "ref_discount_rate": "0",
        "order_price_deviate": "0.5",
        "maintenance_rate": format_decimal(rate_decimal(one.margin_tiers[0].maintenance_rate)),
        "mark_type": "index",
        "last_price": format_units(hall.ticker(place).last, prices),
        "mark_price": format_units(mark.mark, prices),
        "index_price": format_units(mark.index, prices),
        "funding_rate_indicative": format_decimal(rate_decimal(mark.rate)),
        "mark_price_round": format_units(1, prices),
        "funding_offset": 0,
        "in_delisting": status in {Status.CANCEL_ONLY, Status.CLOSED},
        "risk_limit_base": format_units(tier.notional_max, one.money_decimals),
        "interest_rate": "0.0003",
        "order_price_round": format_units(one.tick, prices),
        "order_size_min": one.quantity_min,
        "enable_decimal": False,
        "ref_rebate_rate": "0.2",
        "funding_interval": hall.terms.funding_span_ns // _SECOND_NS,
        "risk_limit_step": format_units(tier.notional_max, one.money_decimals),
        "leverage_min": "1",
        "leverage_max": str(one.margin_tiers[0].leverage_max),
        "risk_limit_max": format_units(tier.notional_max, one.money_decimals),
        "maker_fee_rate": format_decimal(rate_decimal(one.fees.maker)),
        "taker_fee_rate": format_decimal(rate_decimal(one.fees.taker)),
        "funding_rate": format_decimal(rate_decimal(mark.rate)),
        "order_size_max": one.quantity_max,
        "funding_next_apply": mark.next_ns // _SECOND_NS,
        "config_change_time": hall.listed_ns(place) // _SECOND_NS,
        "create_time": hall.listed_ns(place) // _SECOND_NS,
        "launch_time": hall.listed_ns(place) // _SECOND_NS,
        "position_size": hall.open_interest(place),
        "trade_size": hall.ticker(place).volume,
        "orders_limit": hall.terms.orders_max,
        "orderbook_id": hall.book(place, 1).number,
        "trade_id": hall.ticker(place).last_trade,
        "status": "trading" if status in {Status.TRADING, Status.POST_ONLY} else "delisting",
        "enable_bonus": True,
        "enable_credit": True,
    }


def spot_levels(levels: tuple[Level, ...], instrument: Instrument) -> list[list[str]]:
    """Return levels of a book of coins."""
    prices, sizes = instrument.price_decimals, instrument.quantity_decimals
    return [[format_units(p, prices), format_units(q, sizes)] for p, q in levels]


def perp_levels(
    levels: tuple[Level, ...], instrument: Instrument, *, decimal: bool
) -> list[dict[str, Any]]:
    """Return levels of a book of contracts."""
    prices = instrument.price_decimals
    return [
        {"p": format_units(p, prices), "s": size_word(q, instrument, decimal=decimal)}
        for p, q in levels
    ]


def book(hall: Hall, place: int, limit: int, *, numbered: bool, decimal: bool) -> dict[str, Any]:
    """Return the order book."""
    one = hall.instruments[place]
    found = hall.book(place, limit)
    told: dict[str, Any] = {"id": found.number} if numbered else {}
    if ":" in one.name:
        told["current"] = seconds(hall.now_ns())
        told["update"] = seconds(found.ts_ns)
        told["asks"] = perp_levels(found.asks, one, decimal=decimal)
        told["bids"] = perp_levels(found.bids, one, decimal=decimal)
        return told
    told["current"] = hall.now_ns() // _MILLI_NS
    told["update"] = found.ts_ns // _MILLI_NS
    told["asks"] = spot_levels(found.asks, one)
    told["bids"] = spot_levels(found.bids, one)
    return told


def spot_trade(instrument: Instrument, trade: TradeNews) -> dict[str, Any]:
    """Return a public trade in coins, as REST tells it."""
    return {
        "id": str(trade.number),
        "create_time": str(trade.ts_ns // _SECOND_NS),
        "create_time_ms": f"{Decimal(trade.ts_ns // 1000).scaleb(-3):f}",
        "currency_pair": symbol_of(instrument),
        "side": "buy" if trade.taker_side == BUY else "sell",
        "amount": format_units(trade.quantity, instrument.quantity_decimals),
        "price": format_units(trade.price, instrument.price_decimals),
        "sequence_id": str(trade.number),
    }


def perp_trade(instrument: Instrument, trade: TradeNews, *, decimal: bool) -> dict[str, Any]:
    """Return a public trade in contracts; the sign is the taker's."""
    size = trade.quantity if trade.taker_side == BUY else -trade.quantity
    return {
        "id": trade.number,
        "create_time": seconds(trade.ts_ns),
        "create_time_ms": trade.ts_ns // _MILLI_NS,
        "contract": symbol_of(instrument),
        "size": size_word(size, instrument, decimal=decimal),
        "price": format_units(trade.price, instrument.price_decimals),
    }


def spot_candle(instrument: Instrument, bar: Candle) -> list[str]:
    """Return a bar of coins, as REST tells it."""
    prices = instrument.price_decimals
    told = (bar.close, bar.high, bar.low, bar.open)
    return [
        str(bar.start_ns // _SECOND_NS),
        format_units(bar.worth, instrument.money_decimals),
        *(format_units(price, prices) for price in told),
        format_units(bar.volume, instrument.quantity_decimals),
        "true" if bar.closed else "false",
    ]


def perp_candle(instrument: Instrument, bar: Candle, *, decimal: bool) -> dict[str, Any]:
    """Return a bar of contracts, as REST tells it."""
    prices = instrument.price_decimals
    return {
        "t": bar.start_ns // _SECOND_NS,
        "v": size_word(bar.volume, instrument, decimal=decimal),
        "c": format_units(bar.close, prices),
        "h": format_units(bar.high, prices),
        "l": format_units(bar.low, prices),
        "o": format_units(bar.open, prices),
        "sum": format_units(bar.worth, instrument.money_decimals),
    }


def candles(hall: Hall, place: int, query: dict[str, str]) -> tuple[Candle, ...]:
    """Return the bars a query asks for. Raises GateError."""
    span_ns = span_ns_of(query.get("interval", "30m"))
    start, end = (int(query.get(name) or 0) * _SECOND_NS for name in ("from", "to"))
    limit = int(query.get("limit") or 100)
    if start and (end or hall.now_ns()) - start > _POINTS_MAX * span_ns:
        raise GateError("INVALID_PARAM_VALUE", "too many data points, at most 1000 are allowed")
    if start:
        limit = _POINTS_MAX
    return hall.candles(place, span_ns, from_ns=start, to_ns=end, limit=limit)


def spot_ticker(hall: Hall, place: int) -> dict[str, Any]:
    """Return the last day of a pair."""
    one, day = hall.instruments[place], hall.ticker(place)
    prices = one.price_decimals
    return {
        "currency_pair": symbol_of(one),
        "last": format_units(day.last, prices),
        "lowest_ask": format_units(day.ask, prices),
        "lowest_size": format_units(day.ask_quantity, one.quantity_decimals),
        "highest_bid": format_units(day.bid, prices),
        "highest_size": format_units(day.bid_quantity, one.quantity_decimals),
        "change_percentage": _change(day.open, day.last),
        "base_volume": format_units(day.volume, one.quantity_decimals),
        "quote_volume": format_units(day.worth, one.money_decimals),
        "high_24h": format_units(day.high, prices),
        "low_24h": format_units(day.low, prices),
    }


def perp_ticker(hall: Hall, place: int) -> dict[str, Any]:
    """Return the last day of a contract, with mark, index and funding rate."""
    one, day, mark = hall.instruments[place], hall.ticker(place), hall.mark(place)
    prices = one.price_decimals
    worth = format_units(day.worth, one.money_decimals)
    coins = format_decimal(one.quantity_decimal(day.volume) * one.multiplier)
    rate = format_decimal(rate_decimal(mark.rate))
    return {
        "contract": symbol_of(one),
        "last": format_units(day.last, prices),
        "low_24h": format_units(day.low, prices),
        "high_24h": format_units(day.high, prices),
        "change_percentage": _change(day.open, day.last),
        "total_size": str(hall.open_interest(place)),
        "volume_24h": str(day.volume),
        "volume_24h_base": coins,
        "volume_24h_quote": worth,
        "volume_24h_settle": worth,
        "mark_price": format_units(mark.mark, prices),
        "index_price": format_units(mark.index, prices),
        "funding_rate": rate,
        "funding_rate_indicative": rate,
        "quanto_base_rate": "",
        "lowest_ask": format_units(day.ask, prices),
        "lowest_size": str(day.ask_quantity),
        "highest_bid": format_units(day.bid, prices),
        "highest_size": str(day.bid_quantity),
    }


def _change(opened: int, last: int) -> str:
    if not opened:
        return "0"
    change = Decimal(last - opened) * _PERCENT / Decimal(opened)
    return format_decimal(change.quantize(Decimal("0.0001")))
