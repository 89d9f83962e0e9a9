"""What is pushed: news of the hall as events of the streams.

Rule 1: an event is written once and left with the news for the next session.
Rule 2: a spot quote has no time of its own, as at the venue.
"""

from typing import Any, Final

from steelyard.exchange.binance.desk import Desk, ms, rate
from steelyard.exchange.binance.orders import (
    SIDE_WORDS,
    algo_status,
    perp_type,
    side_word,
    status_of,
)
from steelyard.exchange.binance.public import change_of, status_word
from steelyard.exchange.hall.news import MoneyNews, OrderNews, SettingNews
from steelyard.exchange.hall.prices import (
    CandleNews,
    DepthNews,
    MarkNews,
    QuoteNews,
    StatusNews,
    TickerNews,
    TradeNews,
)
from steelyard.exchange.hall.words import HallOrder
from steelyard.model.kinds import MAKER, SELL

_NONE: Final = "NONE"


# --- market ---------------------------------------------------------------------------------------


def quote(desk: Desk, news: QuoteNews) -> dict[str, Any]:
    """Write bookTicker."""
    k = news.instrument
    told = {
        "u": news.number, "s": desk.symbols[k], "b": desk.price(k, news.bid),
        "B": desk.quantity(k, news.bid_quantity), "a": desk.price(k, news.ask),
        "A": desk.quantity(k, news.ask_quantity),
    }  # fmt: skip
    if desk.is_spot(k):
        return told
    return {"e": "bookTicker", **told, "T": ms(news.ts_ns), "E": ms(desk.hall.now_ns())}


def trade(desk: Desk, news: TradeNews) -> dict[str, Any]:
    """Write trade."""
    k = news.instrument
    told = {
        "e": "trade", "E": ms(desk.hall.now_ns()), "s": desk.symbols[k], "t": news.number,
        "p": desk.price(k, news.price), "q": desk.quantity(k, news.quantity), "T": ms(news.ts_ns),
        "m": news.taker_side == SELL,
    }  # fmt: skip
    return {**told, "M": True} if desk.is_spot(k) else {**told, "X": "MARKET"}


def aggregated(desk: Desk, news: TradeNews) -> dict[str, Any]:
    """Write aggTrade: an aggregate of one."""
    k = news.instrument
    told = {
        "e": "aggTrade", "E": ms(desk.hall.now_ns()), "s": desk.symbols[k], "a": news.number,
        "p": desk.price(k, news.price), "q": desk.quantity(k, news.quantity), "f": news.number,
        "l": news.number, "T": ms(news.ts_ns), "m": news.taker_side == SELL,
    }  # fmt: skip
    return {**told, "M": True} if desk.is_spot(k) else told


def depth(desk: Desk, news: DepthNews) -> dict[str, Any]:
    """Write depthUpdate."""
    k = news.instrument
    told: dict[str, Any] = {
        "e": "depthUpdate", "E": ms(desk.hall.now_ns()), "s": desk.symbols[k], "U": news.first,
        "u": news.last, "b": desk.levels(k, news.bids), "a": desk.levels(k, news.asks),
    }  # fmt: skip
    return told if desk.is_spot(k) else {**told, "T": ms(news.ts_ns), "pu": news.previous}


def part_of_book(desk: Desk, k: int, levels: int) -> dict[str, Any]:
    """Write a partial book."""
    book = desk.hall.book(k, levels)
    bids, asks = desk.levels(k, book.bids), desk.levels(k, book.asks)
    if desk.is_spot(k):
        return {"lastUpdateId": book.number, "bids": bids, "asks": asks}
    return {
        "e": "depthUpdate", "E": ms(desk.hall.now_ns()), "T": ms(book.ts_ns),
        "s": desk.symbols[k], "U": book.number, "u": book.number, "pu": book.number - 1,
        "b": bids, "a": asks,
    }  # fmt: skip


def candle(desk: Desk, news: CandleNews, word: str) -> dict[str, Any]:
    """Write kline."""
    k = news.instrument
    return {"e": "kline", "E": ms(desk.hall.now_ns()), "s": desk.symbols[k],
            "k": {"s": desk.symbols[k], **_candle(desk, news, word)}}  # fmt: skip


def continuous(desk: Desk, news: CandleNews, word: str) -> dict[str, Any]:
    """Write continuous_kline."""
    return {"e": "continuous_kline", "E": ms(desk.hall.now_ns()),
            "ps": desk.symbols[news.instrument], "ct": "PERPETUAL",
            "k": _candle(desk, news, word)}  # fmt: skip


def _candle(desk: Desk, news: CandleNews, word: str) -> dict[str, Any]:
    k, one = news.instrument, news.candle
    return {
        "t": ms(one.start_ns), "T": ms(one.end_ns) - 1, "i": word, "f": 1, "L": 1,
        "o": desk.price(k, one.open), "c": desk.price(k, one.close), "h": desk.price(k, one.high),
        "l": desk.price(k, one.low), "v": desk.quantity(k, one.volume), "n": one.trades,
        "x": one.closed, "q": desk.money(k, one.worth), "V": desk.quantity(k, one.taker_volume),
        "Q": desk.money(k, one.taker_worth), "B": "0",
    }  # fmt: skip


def mark(desk: Desk, news: MarkNews) -> dict[str, Any]:
    """Write markPriceUpdate."""
    terms = desk.terms(news.instrument)
    return {
        "e": "markPriceUpdate", "E": ms(desk.hall.now_ns()), "s": desk.symbols[news.instrument],
        "p": f"{terms.price_decimal(news.mark):.8f}",
        "i": f"{terms.price_decimal(news.index):.8f}",
        "P": f"{terms.price_decimal(news.index):.8f}", "r": rate(news.rate),
        "T": ms(news.next_ns),
    }  # fmt: skip


def ticker(desk: Desk, news: TickerNews) -> dict[str, Any]:
    """Write 24hrTicker."""
    k, t = news.instrument, news.ticker
    change = change_of(desk, k, t)
    told = {
        "e": "24hrTicker", "E": ms(desk.hall.now_ns()), "s": desk.symbols[k],
        "p": change["priceChange"], "P": change["priceChangePercent"],
        "w": change["weightedAvgPrice"], "c": desk.price(k, t.last),
        "Q": desk.quantity(k, t.last_quantity), "o": desk.price(k, t.open),
        "h": desk.price(k, t.high), "l": desk.price(k, t.low), "v": desk.quantity(k, t.volume),
        "q": desk.money(k, t.worth), "O": ms(t.opened_ns), "C": ms(t.ts_ns), "F": t.first_trade,
        "L": t.last_trade, "n": t.trades,
    }  # fmt: skip
    if desk.is_spot(k):
        told |= {
            "x": desk.price(k, t.open), "b": desk.price(k, t.bid),
            "B": desk.quantity(k, t.bid_quantity), "a": desk.price(k, t.ask),
            "A": desk.quantity(k, t.ask_quantity),
        }  # fmt: skip
    return told


def small_ticker(desk: Desk, news: TickerNews) -> dict[str, Any]:
    """Write 24hrMiniTicker."""
    whole = ticker(desk, news)
    return {"e": "24hrMiniTicker", **{name: whole[name] for name in "Esohlcvq"}}


def contract(desk: Desk, news: StatusNews) -> dict[str, Any]:
    """Write contractInfo."""
    k = news.instrument
    return {
        "e": "contractInfo", "E": ms(desk.hall.now_ns()), "s": desk.symbols[k],
        "ps": desk.symbols[k], "ct": "PERPETUAL", "dt": 4_133_404_800_000,
        "ot": ms(desk.hall.listed_ns(k)), "cs": status_word(desk, k),
    }  # fmt: skip


# --- accounts -------------------------------------------------------------------------------------


def _execution(news: OrderNews) -> str:
    """Return what happened to an order."""
    if news.fill is not None:
        return "CALCULATED" if news.fill.forced else "TRADE"
    word = status_of(news.order)
    return "NEW" if word in ("NEW", "PARTIALLY_FILLED") else word


def spot_order(desk: Desk, news: OrderNews) -> dict[str, Any]:
    """Write executionReport."""
    order, fill, k = news.order, news.fill, news.order.instrument
    canceled = status_of(order) == "CANCELED"
    asset, paid = desk.fee(fill) if fill else (None, "0")
    return {
        "e": "executionReport", "E": ms(desk.hall.now_ns()), "s": desk.symbols[k],
        "c": desk.new_id() if canceled else order.client_id, "S": SIDE_WORDS[order.side],
        "o": order.said.get("type", "LIMIT"), "f": order.said.get("force", "GTC"),
        "q": desk.quantity(k, order.quantity), "p": desk.price(k, order.price),
        "P": desk.price(k, order.trigger), "F": "0.00000000", "g": -1,
        "C": order.client_id if canceled else "", "x": _execution(news), "X": status_of(order),
        "r": _NONE, "i": order.number, "l": desk.quantity(k, fill.quantity if fill else 0),
        "z": desk.quantity(k, order.filled), "L": desk.price(k, fill.price if fill else 0),
        "n": paid, "N": asset,
        "T": ms(news.ts_ns), "t": fill.number if fill else -1, "I": order.changes,
        "w": order.live, "m": bool(fill and fill.liquidity == MAKER), "M": False,
        "O": ms(order.created_ns), "Z": desk.money(k, order.worth),
        "Y": desk.money(k, fill.worth if fill else 0), "Q": desk.money(k, order.cost),
        "W": ms(order.created_ns), "V": _NONE,
    }  # fmt: skip


def spot_money(desk: Desk, news: MoneyNews) -> dict[str, Any]:
    """Write outboundAccountPosition."""
    return {
        "e": "outboundAccountPosition", "E": ms(desk.hall.now_ns()), "u": ms(news.ts_ns),
        "B": [{"a": one.asset, "f": f"{one.free:.8f}", "l": f"{one.locked:.8f}"}
              for one in news.coins],
    }  # fmt: skip


def perp_order(desk: Desk, news: OrderNews) -> dict[str, Any]:
    """Write ORDER_TRADE_UPDATE."""
    order, fill, k = news.order, news.fill, news.order.instrument
    hedged = desk.hall.hedged(order.member)
    forced = fill.forced if fill else ""
    name = {"liquidation": f"autoclose-{order.number}", "adl": "adl_autoclose"}.get(
        forced, order.client_id
    )
    return {
        "e": "ORDER_TRADE_UPDATE", "E": ms(desk.hall.now_ns()), "T": ms(news.ts_ns),
        "o": {
            "s": desk.symbols[k], "c": name, "S": SIDE_WORDS[order.side], "o": perp_type(order),
            "f": order.said.get("force", "GTC"), "q": desk.quantity(k, order.quantity),
            "p": desk.price(k, order.price), "ap": desk.average(k, order.average(desk.terms(k))),
            "sp": desk.price(k, order.trigger),
            "x": "AMENDMENT" if news.amended else _execution(news), "X": status_of(order),
            "i": order.number, "l": desk.quantity(k, fill.quantity if fill else 0),
            "z": desk.quantity(k, order.filled), "L": desk.price(k, fill.price if fill else 0),
            "N": desk.terms(k).settle, "n": desk.money(k, fill.fee) if fill else "0",
            "T": ms(news.ts_ns), "t": fill.number if fill else 0, "b": "0", "a": "0",
            "m": bool(fill and fill.liquidity == MAKER), "R": order.reduce_only and not hedged,
            "wt": "CONTRACT_PRICE", "ot": order.said.get("type", "LIMIT"),
            "ps": side_word(order.position_side, hedged=hedged), "cp": False, "pP": False,
            "si": 0, "ss": 0, "rp": desk.money(k, fill.realised if fill else 0), "V": _NONE,
            "pm": order.said.get("match", _NONE), "gtd": ms(order.until_ns),
        },
    }  # fmt: skip


def algo(desk: Desk, order: HallOrder, at_ns: int) -> dict[str, Any]:
    """Write ALGO_UPDATE."""
    k = order.instrument
    word, became = algo_status(desk, order)
    hedged = desk.hall.hedged(order.member)
    return {
        "e": "ALGO_UPDATE", "T": ms(at_ns), "E": ms(desk.hall.now_ns()),
        "o": {
            "caid": order.client_id, "aid": order.number, "at": "CONDITIONAL",
            "o": order.said.get("type", "STOP_MARKET"), "s": desk.symbols[k],
            "S": SIDE_WORDS[order.side], "ps": side_word(order.position_side, hedged=hedged),
            "f": order.said.get("force", "GTC"), "q": desk.quantity(k, order.quantity), "X": word,
            "ai": str(order.became) if order.became else "",
            "ap": desk.average(k, became.average(desk.terms(k))) if became else "0",
            "aq": desk.quantity(k, became.filled) if became else "0",
            "act": "LIMIT" if order.price else "MARKET", "tp": desk.price(k, order.trigger),
            "p": desk.price(k, order.price), "V": _NONE,
            "wt": order.said.get("by", "CONTRACT_PRICE"), "pm": _NONE, "cp": False, "pP": False,
            "R": order.reduce_only and not hedged, "tt": ms(order.triggered_ns),
            "gtd": ms(order.until_ns),
        },
    }  # fmt: skip


_REASONS: Final = {
    "order": "ORDER", "funding": "FUNDING_FEE", "transfer": "WITHDRAW", "liquidation": "ORDER",
}  # fmt: skip


def perp_money(desk: Desk, news: MoneyNews) -> dict[str, Any]:
    """Write ACCOUNT_UPDATE."""
    rows = []
    for one in news.positions:
        k = one.instrument
        hedged = desk.hall.hedged(one.member)
        rows.append({
            "s": desk.symbols[k], "pa": desk.quantity(k, one.quantity),
            "ep": f"{one.entry:.8f}", "cr": desk.money(k, one.realised),
            "up": desk.money(k, one.unrealised),
            "mt": "isolated" if one.margin_mode == "isolated" else "cross", "iw": "0",
            "ps": side_word(one.side, hedged=hedged), "bep": f"{one.entry:.8f}",
        })  # fmt: skip
    wallet = [] if news.margin is None else [{
        "a": news.margin.asset, "wb": f"{news.margin.wallet:.8f}",
        "cw": f"{news.margin.wallet:.8f}", "bc": f"{news.change:.8f}",
    }]  # fmt: skip
    return {
        "e": "ACCOUNT_UPDATE", "E": ms(desk.hall.now_ns()), "T": ms(news.ts_ns),
        "a": {"m": _REASONS.get(news.reason, "ORDER"), "B": wallet, "P": rows},
    }  # fmt: skip


def perp_setting(desk: Desk, news: SettingNews) -> dict[str, Any] | None:
    """Write ACCOUNT_CONFIG_UPDATE, which tells leverage alone."""
    if news.what != "leverage":
        return None
    return {
        "e": "ACCOUNT_CONFIG_UPDATE", "E": ms(desk.hall.now_ns()), "T": ms(news.ts_ns),
        "ac": {"s": desk.symbols[news.instrument], "l": int(news.value)},
    }  # fmt: skip


def ended_algo(desk: Desk, order: HallOrder) -> HallOrder | None:
    """Return the conditional order whose own order has just ended."""
    if not order.parent or order.live:
        return None
    return desk.hall.order(order.member, order=order.parent)
