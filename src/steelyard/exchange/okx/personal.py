"""What an account's channels push."""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from steelyard.exchange.hall.accounts import Member
from steelyard.exchange.hall.news import FundingNews, MoneyNews, OrderNews
from steelyard.exchange.hall.port import Hall
from steelyard.exchange.hall.prices import (
    CandleNews,
    DepthNews,
    MarkNews,
    QuoteNews,
    StatusNews,
    TickerNews,
    Topic,
    TradeNews,
)
from steelyard.exchange.hall.words import HallOrder
from steelyard.exchange.okx import words
from steelyard.exchange.okx.channels import frame
from steelyard.exchange.okx.listing import symbol_of
from steelyard.model.kinds import MAKER

News: TypeAlias = OrderNews | MoneyNews | FundingNews

TOPICS: Final[Mapping[type[Any], Topic]] = {
    QuoteNews: Topic.QUOTE,
    DepthNews: Topic.DEPTH,
    TradeNews: Topic.TRADE,
    CandleNews: Topic.CANDLE,
    MarkNews: Topic.MARK,
    TickerNews: Topic.TICKER,
    StatusNews: Topic.STATUS,
}
_EVENTS: Final = {
    "order": "filled",
    "funding": "funding_fee",
    "transfer": "transferred",
    "liquidation": "liquidation",
}
_ADVANCED: Final = frozenset({"move_order_stop", "iceberg", "twap"})


def first_of(hall: Hall, member: Member, channel: str, arg: Mapping[str, str]) -> bytes:
    """Return what is pushed as soon as a channel is subscribed; empty: nothing."""
    told = _told(arg, member)
    match channel:
        case "account":
            coins = frozenset(filter(None, arg.get("ccy", "").split(",")))
            row = words.balance_row(hall, member.number, coins)
            return frame(told, [row], eventType="snapshot", curPage=1, lastPage=True)
        case "positions":
            rows = [
                words.position_row(hall, held)
                for held in hall.positions(member.number)
                if _fits(hall, arg, held.instrument)
            ]
            return frame(told, rows, eventType="snapshot", curPage=1, lastPage=True)
        case "balance_and_position":
            return frame(told, [_both(hall, member, "snapshot")])
    return b""


def said_of(  # noqa: PLR0911 - one for each channel
    hall: Hall, member: Member, channel: str, arg: Mapping[str, str], news: News
) -> bytes:
    """Return the push of news on a channel; empty: it is none of its."""
    match channel, news:
        case "orders", OrderNews(order=order) if not order.algo and _meant(hall, arg, order):
            row = words.order_push(hall, order, news.fill, amended=news.amended)
            return frame(_told(arg, member), [row])
        case "orders-algo" | "algo-advance", OrderNews(order=order) if order.algo:
            advanced = order.said.get("ordType") in _ADVANCED
            if advanced != (channel == "algo-advance") or not _meant(hall, arg, order):
                return b""
            return frame(_told(arg, member), [words.algo_row(hall, order)])
        case "fills", OrderNews(order=order, fill=fill) if fill is not None:
            if not _meant(hall, arg, order):
                return b""
            one = hall.instruments[order.instrument]
            row = {
                "instId": symbol_of(one), "fillSz": words.size(one, fill.quantity),
                "fillPx": one.price_text(fill.price), "side": words.side_of(fill.side),
                "ts": words.ms(fill.ts_ns), "ordId": str(order.number),
                "clOrdId": order.client_id, "tradeId": str(fill.number),
                "execType": "M" if fill.liquidity == MAKER else "T", "count": "1",
            }  # fmt: skip
            return frame(_told(arg, member), [row])
        case "account", MoneyNews(coins=coins):
            assets = frozenset(coin.asset for coin in coins)
            asked = frozenset(filter(None, arg.get("ccy", "").split(",")))
            if asked and not assets & asked:
                return b""
            row = words.balance_row(hall, member.number, assets)
            return frame(_told(arg, member), [row], eventType="event_update")
        case "positions", MoneyNews(positions=held):
            rows = [
                words.position_row(hall, one) for one in held if _fits(hall, arg, one.instrument)
            ]
            return frame(_told(arg, member), rows, eventType="event_update") if rows else b""
        case "balance_and_position", MoneyNews(reason=reason):
            both = _both(hall, member, _EVENTS.get(reason, reason), news)
            return frame(_told(arg, member), [both])
    return b""


def _both(
    hall: Hall, member: Member, event: str, news: MoneyNews | FundingNews | None = None
) -> dict[str, Any]:
    now = words.ms(hall.now_ns())
    coins = news.coins if isinstance(news, MoneyNews) else hall.coins(member.number)
    held = news.positions if isinstance(news, MoneyNews) else hall.positions(member.number)
    kept = ("posId", "instId", "instType", "mgnMode", "avgPx", "ccy", "posSide", "pos", "uTime")
    rows = [words.position_row(hall, one) for one in held]
    return {
        "pTime": now, "eventType": event,
        "balData": [
            {"ccy": coin.asset, "cashBal": words.text_of(coin.total), "uTime": now}
            for coin in coins
        ],
        "posData": [{key: row[key] for key in kept} for row in rows], "trades": [],
    }  # fmt: skip


def _told(arg: Mapping[str, str], member: Member) -> dict[str, str]:
    return {**arg, "uid": member.user}


def _meant(hall: Hall, arg: Mapping[str, str], order: HallOrder) -> bool:
    return _fits(hall, arg, order.instrument)


def _fits(hall: Hall, arg: Mapping[str, str], instrument: int) -> bool:
    one = hall.instruments[instrument]
    return (
        arg.get("instType", "ANY") in {"ANY", "", words.product_of(one)}
        and arg.get("instId", "") in {"", symbol_of(one)}
        and arg.get("instFamily", "") in {"", f"{one.base}-{one.quote}"}
    )
