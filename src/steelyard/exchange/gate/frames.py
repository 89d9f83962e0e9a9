"""Frames that a server says: market news, account news and answers.

Rule 1: a frame of the market is written once for everybody who wants it spelt alike, and left in
the news (`said`).
Rule 2: numbers that Gate sends as JSON numbers are decimals here, and are spelt as numbers.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from steelyard.exchange.gate import market, words
from steelyard.exchange.gate.listing import symbol_of
from steelyard.exchange.hall.accounts import Member, Position
from steelyard.exchange.hall.news import MoneyNews
from steelyard.exchange.hall.port import Hall
from steelyard.exchange.hall.prices import (
    CandleNews,
    DepthNews,
    MarkNews,
    QuoteNews,
    TickerNews,
    TradeNews,
)
from steelyard.exchange.hall.words import HallOrder, Product
from steelyard.model.decimals import format_decimal, format_units

encode: Final = msgspec.json.Encoder(decimal_format="number").encode
_MILLI_NS: Final = 1_000_000
_SECOND_NS: Final = 1_000_000_000


def update(channel: str, result: object, now_ns: int, event: str = "update") -> bytes:
    """Return a frame of news."""
    return encode(
        {
            "time": now_ns // _SECOND_NS, "time_ms": now_ns // _MILLI_NS, "channel": channel,
            "event": event, "result": result,
        }
    )  # fmt: skip


class MarketFrames:
    """Writes market news as frames."""

    def __init__(self, hall: Hall, product: Product, *, decimal: bool) -> None:
        """Write for sockets of this product; `decimal`: sizes of contracts as text."""
        self._hall, self._decimal = hall, decimal
        self._spot = product == Product.SPOT
        self._name = "spot" if self._spot else "futures"

    def quote(self, news: QuoteNews) -> bytes:
        """The best quote."""
        one = self._hall.instruments[news.instrument]
        prices = one.price_decimals
        # Sizes of quotes are text in coins and numbers in contracts.
        bid, ask = (
            format_units(size, one.quantity_decimals) if self._spot or self._decimal else size
            for size in (news.bid_quantity, news.ask_quantity)
        )
        result = {
            "t": news.ts_ns // _MILLI_NS, "u": news.number, "s": symbol_of(one),
            "b": format_units(news.bid, prices), "B": bid,
            "a": format_units(news.ask, prices), "A": ask,
        }  # fmt: skip
        return self._update("book_ticker", result)

    def trade(self, news: TradeNews) -> bytes:
        """A public trade."""
        one = self._hall.instruments[news.instrument]
        if self._spot:
            told: Any = market.spot_trade(one, news)
            told |= {"id": news.number, "create_time": news.ts_ns // _SECOND_NS}
            del told["sequence_id"]
        else:
            told = market.perp_trade(one, news, decimal=self._decimal)
            told = [told | {"create_time": news.ts_ns // _SECOND_NS}]
        return self._update("trades", told)

    def change(self, news: DepthNews) -> bytes:
        """Levels that changed."""
        one = self._hall.instruments[news.instrument]
        result: dict[str, Any] = {
            "t": news.ts_ns // _MILLI_NS, "s": symbol_of(one), "U": news.first, "u": news.last,
            "l": "100",
        }  # fmt: skip
        if self._spot:
            result |= {"e": "depthUpdate", "E": news.ts_ns // _SECOND_NS}
            result["b"] = market.spot_levels(news.bids, one)
            result["a"] = market.spot_levels(news.asks, one)
        else:
            result["b"] = market.perp_levels(news.bids, one, decimal=self._decimal)
            result["a"] = market.perp_levels(news.asks, one, decimal=self._decimal)
        return self._update("order_book_update", result)

    def change_of_stream(self, news: DepthNews, stream: str) -> bytes:
        """Levels that changed, in the second version of the channel."""
        one = self._hall.instruments[news.instrument]
        result = {
            "t": news.ts_ns // _MILLI_NS, "s": stream, "U": news.first, "u": news.last,
            "b": market.spot_levels(news.bids, one), "a": market.spot_levels(news.asks, one),
        }  # fmt: skip
        return self._update("obu", result)

    def whole_of_stream(self, place: int, levels: int, stream: str) -> bytes:
        """The whole book, in the second version of the channel."""
        one, found = self._hall.instruments[place], self._hall.book(place, levels)
        result = {
            "t": found.ts_ns // _MILLI_NS, "full": True, "s": stream, "u": found.number,
            "b": market.spot_levels(found.bids, one), "a": market.spot_levels(found.asks, one),
        }  # fmt: skip
        return update(f"{self._name}.obu", result, self._hall.now_ns())

    def book(self, place: int, levels: int) -> bytes:
        """The best levels, whole."""
        one, found = self._hall.instruments[place], self._hall.book(place, levels)
        now_ns = self._hall.now_ns()
        if self._spot:
            result: dict[str, Any] = {
                "t": found.ts_ns // _MILLI_NS, "lastUpdateId": found.number, "s": symbol_of(one),
                "bids": market.spot_levels(found.bids, one),
                "asks": market.spot_levels(found.asks, one),
            }  # fmt: skip
            return update("spot.order_book", result, now_ns)
        result = {
            "t": found.ts_ns // _MILLI_NS, "id": found.number, "contract": symbol_of(one),
            "bids": market.perp_levels(found.bids, one, decimal=self._decimal),
            "asks": market.perp_levels(found.asks, one, decimal=self._decimal),
        }  # fmt: skip
        return update("futures.order_book", result, now_ns, "all")

    def candle(self, news: CandleNews, interval: str) -> bytes:
        """A bar so far."""
        one, bar = self._hall.instruments[news.instrument], news.candle
        prices = one.price_decimals
        start = bar.start_ns // _SECOND_NS
        coins = one.quantity_decimal(bar.volume) * one.multiplier
        volume: Any = bar.volume
        if self._spot:
            volume = format_units(bar.worth, one.money_decimals)
        elif self._decimal:
            volume = str(bar.volume)
        row = {
            "t": str(start) if self._spot else start, "v": volume,
            "c": format_units(bar.close, prices), "h": format_units(bar.high, prices),
            "l": format_units(bar.low, prices), "o": format_units(bar.open, prices),
            "n": f"{interval}_{symbol_of(one)}", "a": format_decimal(coins), "w": bar.closed,
        }  # fmt: skip
        return self._update("candlesticks", row if self._spot else [row])

    def ticker(self, news: TickerNews | MarkNews) -> bytes:
        """The last day; of a contract with mark, index and funding rate."""
        if self._spot:
            told: Any = market.spot_ticker(self._hall, news.instrument)
        else:
            told = [market.perp_ticker(self._hall, news.instrument)]
        return self._update("tickers", told)

    def said(self, news: Any, key: str, write: Callable[[], bytes]) -> bytes:
        """Return what was written of the news under a key, writing it where nobody did yet."""
        name = ("gate", self._name, key, self._decimal)
        if name not in news.said:
            news.said[name] = write()
        found: bytes = news.said[name]
        return found

    def _update(self, channel: str, result: object) -> bytes:
        return update(f"{self._name}.{channel}", result, self._hall.now_ns())


# --- accounts ------------------------------------------------------------------------------------


def spot_order(hall: Hall, member: Member, order: HallOrder) -> dict[str, Any]:
    """Return an order as `spot.orders` tells it."""
    told = words.spot_order(hall, order)
    status = told.pop("status")
    event = "finish" if status != "open" else "put" if order.changes == 1 else "update"
    return told | {
        "create_time_ms": str(told["create_time_ms"]),
        "update_time_ms": str(told["update_time_ms"]),
        "user": int(member.user),
        "event": event,
        "stp_id": 0,
        "stp_act": "-",
    }


def perp_order(hall: Hall, member: Member, order: HallOrder, *, decimal: bool) -> dict[str, Any]:
    """Return an order as `futures.orders` tells it: prices are numbers, times whole."""
    told = words.perp_order(hall, member, order, decimal=decimal)
    for name in ("price", "fill_price", "mkfr", "tkfr"):
        told[name] = Decimal(told[name])
    told["user"] = member.user
    told["create_time"] = order.created_ns // _SECOND_NS
    told["create_time_ms"] = order.created_ns // _MILLI_NS
    told["update_time"] = order.updated_ns // _MILLI_NS
    told["update_id"] = order.changes
    ended_ns = 0 if order.live else order.updated_ns
    told["finish_time"] = ended_ns // _SECOND_NS
    told["finish_time_ms"] = ended_ns // _MILLI_NS
    told["finish_as"] = told["finish_as"] or ("_update" if order.changes > 1 else "_new")
    return told


def perp_trade(told: dict[str, Any], ts_ns: int) -> dict[str, Any]:
    """Return a trade as `futures.usertrades` tells it."""
    return told | {
        "id": str(told["id"]),
        "create_time": ts_ns // _SECOND_NS,
        "create_time_ms": ts_ns // _MILLI_NS,
        "fee": Decimal(told["fee"]),
        "point_fee": 0,
    }


def spot_price_order(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return a price-triggered order as `spot.priceorders` tells it: flat, without its text."""
    base, _, quote = told["market"].partition("_")
    return {
        "market": told["market"],
        "uid": str(told["user"]),
        "id": str(told["id"]),
        "currency_type": base,
        "exchange_type": quote,
        "reason": told["reason"],
        "err_msg": "failed" if told["status"] == "failed" else "",
        "fired_order_id": told["fired_order_id"],
        "instant_cancel": False,
        "trigger_price": told["trigger"]["price"],
        "trigger_rule": told["trigger"]["rule"],
        "trigger_expiration": told["trigger"]["expiration"],
        "price": told["put"]["price"],
        "amount": told["put"]["amount"],
        "source": "api",
        "order_type": told["put"]["type"],
        "side": told["put"]["side"],
        "engine_type": "normal",
        "is_stop_order": False,
        "ctime": str(told["ctime"] * 1000),
        "ftime": str(told["ftime"] * 1000) if told["ftime"] else "-62135596800000",
    }


def spot_balances(member: Member, news: MoneyNews) -> list[dict[str, Any]]:
    """Return the coins that changed."""
    return [
        {
            "timestamp": str(news.ts_ns // _SECOND_NS),
            "timestamp_ms": str(news.ts_ns // _MILLI_NS),
            "user": member.user,
            "currency": coin.asset,
            "change": format_decimal(news.change) if coin.asset == "USDT" else "0",
            "total": format_decimal(coin.total),
            "available": format_decimal(coin.free),
            "freeze": format_decimal(coin.locked),
            "freeze_change": "0",
            "change_type": news.reason,
        }
        for coin in news.coins
    ]


def perp_balances(member: Member, news: MoneyNews) -> list[dict[str, Any]]:
    """Return the wallet of contracts; nothing where it did not change."""
    if news.margin is None or not news.change:
        return []
    kinds = {"funding": "fund", "transfer": "dnw", "liquidation": "pnl"}
    return [
        {
            "balance": news.margin.wallet,
            "change": news.change,
            "text": news.reason,
            "time": news.ts_ns // _SECOND_NS,
            "time_ms": news.ts_ns // _MILLI_NS,
            "type": kinds.get(news.reason, "fee"),
            "user": member.user,
            "currency": "usdt",
        }
    ]


def perp_position(
    hall: Hall, member: Member, held: Position, ts_ns: int, *, decimal: bool
) -> dict[str, Any]:
    """Return a position as `futures.positions` tells it: all but the size are numbers."""
    told = words.position(hall, member, held, decimal=decimal)
    names = (
        "leverage", "cross_leverage_limit", "entry_price", "history_pnl", "last_close_pnl",
        "leverage_max", "liq_price", "maintenance_rate", "margin", "realised_pnl", "risk_limit",
        "mark_price", "unrealised_pnl",
    )  # fmt: skip
    return {
        "contract": told["contract"],
        "size": told["size"],
        "mode": told["mode"],
        **{name: Decimal(told[name]) for name in names},
        "history_point": 0,
        "realised_point": 0,
        "time": ts_ns // _SECOND_NS,
        "time_ms": ts_ns // _MILLI_NS,
        "user": member.user,
        "update_id": ts_ns // _MILLI_NS,
    }
