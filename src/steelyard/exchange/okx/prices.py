"""The hall's market in OKX's words, as `words` writes what belongs to accounts."""

from typing import Any, Final

from steelyard.exchange.hall.port import Hall
from steelyard.exchange.hall.prices import Candle, Ticker, TradeNews
from steelyard.exchange.hall.words import Status
from steelyard.exchange.okx.listing import code_of, symbol_of
from steelyard.exchange.okx.words import MS_NS, ms, product_of, side_of, size, text_of
from steelyard.model.decimals import format_decimal, format_units
from steelyard.model.instruments import Instrument, Kind
from steelyard.model.market import Level

_RATE_DECIMALS: Final = 8
_STATUSES: Final = {Status.TRADING: "live", Status.CLOSED: "expired", Status.POST_ONLY: "preopen"}


def instrument_row(hall: Hall, place: int) -> dict[str, Any]:
    """Write what is listed."""
    one = hall.instruments[place]
    is_spot = one.kind == Kind.SPOT
    lever = str(max((tier.leverage_max for tier in one.margin_tiers), default=1))
    most = size(one, one.quantity_max)
    pair = f"{one.base}-{one.quote}"
    return {
        "alias": "", "auctionEndTime": "", "baseCcy": one.base if is_spot else "",
        "category": "1", "contTdSwTime": ms(hall.listed_ns(place)),
        "ctMult": "" if is_spot else "1", "ctType": "" if is_spot else "linear",
        "ctVal": "" if is_spot else format_decimal(one.multiplier),
        "ctValCcy": "" if is_spot else one.base, "expTime": "", "futureSettlement": False,
        "groupId": "1" if is_spot else "4", "instCategory": "1",
        "instFamily": "" if is_spot else pair, "instId": symbol_of(one),
        "instIdCode": code_of(place), "instType": product_of(one),
        "lever": "" if is_spot else lever, "listTime": ms(hall.listed_ns(place)),
        "lotSz": size(one, one.lot), "maxIcebergSz": most, "maxLmtAmt": "20000000",
        "maxLmtSz": most, "maxMktAmt": "1000000" if is_spot else "", "maxMktSz": most,
        "maxStopSz": most, "maxTriggerSz": most, "maxTwapSz": most,
        "minSz": size(one, one.quantity_min), "openType": "call_auction", "optType": "",
        "quoteCcy": one.quote if is_spot else "", "ruleType": "normal",
        "settleCcy": "" if is_spot else one.settle,
        "state": _STATUSES.get(hall.status(place), "suspend"), "stk": "",
        "tickSz": one.price_text(one.tick), "tradeQuoteCcyList": [one.quote] if is_spot else [],
        "uly": "" if is_spot else pair, "upcChg": [],
    }  # fmt: skip


def ticker_row(one: Instrument, ticker: Ticker) -> dict[str, str]:
    """Write the last 24 hours: `volCcy24h` in quote for spot, in coins for swaps."""
    in_coins = one.quantity_decimal(ticker.volume) * one.multiplier
    volume = one.money_decimal(ticker.worth) if one.kind == Kind.SPOT else in_coins
    return {
        "instType": product_of(one), "instId": symbol_of(one), "last": one.price_text(ticker.last),
        "lastSz": size(one, ticker.last_quantity), "askPx": one.price_text(ticker.ask),
        "askSz": size(one, ticker.ask_quantity), "bidPx": one.price_text(ticker.bid),
        "bidSz": size(one, ticker.bid_quantity), "open24h": one.price_text(ticker.open),
        "high24h": one.price_text(ticker.high), "low24h": one.price_text(ticker.low),
        "volCcy24h": text_of(volume), "vol24h": size(one, ticker.volume),
        "sodUtc0": one.price_text(ticker.open), "sodUtc8": one.price_text(ticker.open),
        "ts": ms(ticker.ts_ns),
    }  # fmt: skip


def trade_row(one: Instrument, trade: TradeNews) -> dict[str, str]:
    """Write a public trade."""
    return {
        "instId": symbol_of(one), "tradeId": str(trade.number), "px": one.price_text(trade.price),
        "sz": size(one, trade.quantity), "side": side_of(trade.taker_side), "ts": ms(trade.ts_ns),
        "count": "1", "source": "0",
    }  # fmt: skip


def candle_row(one: Instrument, candle: Candle) -> list[str]:
    """Write a bar."""
    coins = one.quantity_decimal(candle.volume) * one.multiplier
    prices = (candle.open, candle.high, candle.low, candle.close)
    return [
        str(candle.start_ns // MS_NS), *map(one.price_text, prices), size(one, candle.volume),
        text_of(coins), text_of(one.money_decimal(candle.worth)), "1" if candle.closed else "0",
    ]  # fmt: skip


def level_rows(one: Instrument, levels: tuple[Level, ...]) -> list[list[str]]:
    """Write levels of a book."""
    return [
        [one.price_text(price), size(one, quantity), "0", "1" if quantity else "0"]
        for price, quantity in levels
    ]


def rate_text(rate: int) -> str:
    """Spell a rate."""
    return format_units(rate, _RATE_DECIMALS)
