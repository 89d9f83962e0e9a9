"""Public questions over REST."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final, TypeAlias

from steelyard.exchange.hall.port import Hall, Request
from steelyard.exchange.hall.prices import Candle, MarkNews
from steelyard.exchange.hall.words import Product, Status
from steelyard.exchange.okx import prices, words
from steelyard.exchange.okx.errors import Fault
from steelyard.exchange.okx.listing import symbol_of
from steelyard.exchange.okx.reading import (
    NONE_HERE,
    PRODUCTS,
    limit_of,
    needed,
    place_of,
    query_of,
    rows_of,
    text,
    whole,
)

Answerer: TypeAlias = Callable[[Hall, Request], list[Any]]

SPANS: Final[Mapping[str, int]] = {
    word: minutes * 60_000_000_000
    for word, minutes in (
        ("1m", 1), ("3m", 3), ("5m", 5), ("15m", 15), ("30m", 30), ("1H", 60), ("2H", 120),
        ("4H", 240), ("6H", 360), ("6Hutc", 360), ("12H", 720), ("12Hutc", 720), ("1D", 1440),
        ("1Dutc", 1440), ("2D", 2880), ("2Dutc", 2880), ("3D", 4320), ("3Dutc", 4320),
        ("1W", 10_080), ("1Wutc", 10_080),
    )
}  # fmt: skip
_BOOK_MAX: Final = 400
_CANDLES_MAX: Final = 300
_TRADES_MAX: Final = 500
_PREMIUM_MAX: Final = "0.0075"


def time(hall: Hall, request: Request) -> list[Any]:
    """Tell the venue's clock."""
    return [{"ts": words.ms(hall.now_ns())}]


def instruments(hall: Hall, request: Request) -> list[Any]:
    """List instruments of a product."""
    row = query_of(request)
    needed(row, "instType")
    return [prices.instrument_row(hall, place) for place in _places(hall, row)]


def ticker(hall: Hall, request: Request) -> list[Any]:
    """Tell one ticker."""
    place = place_of(hall, needed(query_of(request), "instId"))
    return [prices.ticker_row(hall.instruments[place], hall.ticker(place))]


def tickers(hall: Hall, request: Request) -> list[Any]:
    """Tell the tickers of a product."""
    row = query_of(request)
    needed(row, "instType")
    return [
        prices.ticker_row(hall.instruments[place], hall.ticker(place))
        for place in _places(hall, row)
    ]


def index_tickers(hall: Hall, request: Request) -> list[Any]:
    """Tell index prices, by pair."""
    row = query_of(request)
    told = []
    for place, one in enumerate(hall.instruments):
        pair = f"{one.base}-{one.quote}"
        fits = text(row, "instId", pair) == pair and text(row, "quoteCcy", one.quote) == one.quote
        if hall.product(place) is Product.PERP and fits:
            told.append(index_row(hall, place))
    return told


def index_row(hall: Hall, place: int) -> dict[str, str]:
    """Write an index price; the day's figures are the swap's own."""
    one, day = hall.instruments[place], hall.ticker(place)
    return {
        "instId": f"{one.base}-{one.quote}", "idxPx": one.price_text(hall.mark(place).index),
        "high24h": one.price_text(day.high), "low24h": one.price_text(day.low),
        "open24h": one.price_text(day.open), "sodUtc0": one.price_text(day.open),
        "sodUtc8": one.price_text(day.open), "ts": words.ms(hall.now_ns()),
    }  # fmt: skip


def books(hall: Hall, request: Request) -> list[Any]:
    """Tell the order book, one level a side unless more are asked for."""
    row = query_of(request)
    place = place_of(hall, needed(row, "instId"))
    one = hall.instruments[place]
    book = hall.book(place, min(max(whole(row, "sz"), 1), _BOOK_MAX))
    return [
        {
            "asks": prices.level_rows(one, book.asks), "bids": prices.level_rows(one, book.bids),
            "ts": words.ms(book.ts_ns or hall.now_ns()), "seqId": book.number,
        }
    ]  # fmt: skip


def trades(hall: Hall, request: Request) -> list[Any]:
    """Tell public trades, newest first."""
    row = query_of(request)
    place = place_of(hall, needed(row, "instId"))
    one = hall.instruments[place]
    after, before = whole(row, "after"), whole(row, "before")
    found = hall.trades(place, before=after)
    kept = [trade for trade in found if trade.number > before]
    return [prices.trade_row(one, trade) for trade in rows_of(kept)[: limit_of(row, _TRADES_MAX)]]


def candles(hall: Hall, request: Request) -> list[Any]:
    """Tell bars, newest first; `after` and `before` are times that are not included."""
    row = query_of(request)
    place = place_of(hall, needed(row, "instId"))
    word = text(row, "bar", "1m")
    if word not in SPANS:
        raise Fault("51000", "Parameter bar error", status=400)
    after, before = whole(row, "after"), whole(row, "before")
    found: tuple[Candle, ...] = hall.candles(
        place, SPANS[word],
        from_ns=before * words.MS_NS + 1 if before else 0,
        to_ns=after * words.MS_NS - 1 if after else 0,
        limit=10**6,
    )  # fmt: skip
    one = hall.instruments[place]
    return [prices.candle_row(one, bar) for bar in rows_of(found)[: limit_of(row, _CANDLES_MAX)]]


def price_candles(hall: Hall, request: Request) -> list[Any]:
    """Tell bars of the mark price: here the last price's, without volumes."""
    return [[*row[:5], row[-1]] for row in candles(hall, request)]


def mark_price(hall: Hall, request: Request) -> list[Any]:
    """Tell mark prices."""
    row = query_of(request)
    return [
        mark_row(hall, place)
        for place in _places(hall, row)
        if hall.product(place) is Product.PERP or text(row, "instId")
    ]


def mark_row(hall: Hall, place: int) -> dict[str, str]:
    """Write a mark price."""
    one = hall.instruments[place]
    return {
        "instType": words.product_of(one), "instId": symbol_of(one),
        "markPx": one.price_text(hall.mark(place).mark), "ts": words.ms(hall.now_ns()),
    }  # fmt: skip


def funding_rate(hall: Hall, request: Request) -> list[Any]:
    """Tell funding rates: of one swap, or (`ANY`) of all."""
    symbol = needed(query_of(request), "instId")
    if symbol == "ANY":
        perps = (k for k in range(len(hall.instruments)) if hall.product(k) is Product.PERP)
        return [funding_row(hall, place) for place in perps]
    place = place_of(hall, symbol)
    if hall.product(place) is not Product.PERP:
        raise Fault("51000", "Parameter instId error", status=400)
    return [funding_row(hall, place)]


def funding_row(hall: Hall, place: int) -> dict[str, str]:
    """Write a funding rate."""
    one, told = hall.instruments[place], hall.mark(place)
    span_ns = hall.terms.funding_span_ns
    settled = hall.fundings(place, limit=1)
    return {
        "formulaType": "withRate", "fundingRate": prices.rate_text(told.rate),
        "fundingTime": words.ms(told.next_ns), "impactValue": "20000", "instId": symbol_of(one),
        "instType": "SWAP", "interestRate": "0.0001", "maxFundingRate": _PREMIUM_MAX,
        "method": "current_period", "minFundingRate": f"-{_PREMIUM_MAX}", "nextFundingRate": "",
        "nextFundingTime": words.ms(told.next_ns + span_ns), "premium": prices.rate_text(told.rate),
        "prevFundingTime": words.ms(told.next_ns - span_ns),
        "settFundingRate": prices.rate_text(settled[-1].rate) if settled else "",
        "settState": "settled", "ts": words.ms(hall.now_ns()),
    }  # fmt: skip


def funding_history(hall: Hall, request: Request) -> list[Any]:
    """Tell settled funding, newest first."""
    row = query_of(request)
    place = place_of(hall, needed(row, "instId"))
    after, before = whole(row, "after"), whole(row, "before")
    found: list[MarkNews] = [
        one
        for one in hall.fundings(place, limit=1_000)
        if (not after or one.ts_ns < after * words.MS_NS) and one.ts_ns > before * words.MS_NS
    ]
    symbol = symbol_of(hall.instruments[place])
    return [
        {
            "formulaType": "withRate", "fundingRate": prices.rate_text(one.rate),
            "fundingTime": words.ms(one.ts_ns), "instId": symbol, "instType": "SWAP",
            "method": "current_period", "realizedRate": prices.rate_text(one.rate),
        }
        for one in rows_of(found)[: limit_of(row)]
    ]  # fmt: skip


def open_interest(hall: Hall, request: Request) -> list[Any]:
    """Tell open interest."""
    row = query_of(request)
    places = [k for k in _places(hall, row) if hall.product(k) is Product.PERP]
    return [interest_row(hall, place) for place in places]


def interest_row(hall: Hall, place: int) -> dict[str, str]:
    """Write open interest in contracts, coins and dollars."""
    one = hall.instruments[place]
    contracts = hall.open_interest(place)
    coins = one.quantity_decimal(contracts) * one.multiplier
    worth = coins * one.price_decimal(hall.mark(place).mark)
    return {
        "instId": symbol_of(one), "instType": "SWAP", "oi": words.size(one, contracts),
        "oiCcy": words.text_of(coins), "oiUsd": words.text_of(worth),
        "ts": words.ms(hall.now_ns()),
    }  # fmt: skip


def price_limit(hall: Hall, request: Request) -> list[Any]:
    """Tell between which prices orders are taken."""
    place = place_of(hall, needed(query_of(request), "instId"))
    one = hall.instruments[place]
    mark = one.price_decimal(hall.mark(place).mark)
    return [
        {
            "instType": words.product_of(one), "instId": symbol_of(one),
            "buyLmt": words.text_of(mark * 2), "sellLmt": words.text_of(mark / 2),
            "ts": words.ms(hall.now_ns()), "enabled": True,
        }
    ]  # fmt: skip


def position_tiers(hall: Hall, request: Request) -> list[Any]:
    """Tell margin tiers, in contracts at the mark."""
    row = query_of(request)
    told = []
    for place in _places(hall, row):
        one = hall.instruments[place]
        family = f"{one.base}-{one.quote}"
        asked = text(row, "instFamily") or text(row, "uly")
        if hall.product(place) is not Product.PERP or asked not in {"", family}:
            continue
        least = Decimal(0)
        mark = one.price_decimal(hall.mark(place).mark) * one.multiplier
        for number, tier in enumerate(one.margin_tiers, start=1):
            most = (one.money_decimal(tier.notional_max) / mark).to_integral_value()
            told.append(
                {
                    "baseMaxLoan": "", "imr": words.text_of(1 / Decimal(tier.leverage_max)),
                    "instFamily": family, "instId": symbol_of(one),
                    "maxLever": str(tier.leverage_max), "maxSz": words.text_of(most),
                    "minSz": words.text_of(least), "mmr": prices.rate_text(tier.maintenance_rate),
                    "optMgnFactor": "0", "quoteMaxLoan": "", "tier": str(number), "uly": family,
                }
            )  # fmt: skip
            least = most
    return told


def status(hall: Hall, request: Request) -> list[Any]:
    """Tell maintenance: one that is going on, or none."""
    return status_rows(hall)


def status_rows(hall: Hall) -> list[Any]:
    """Write maintenance that is going on."""
    if hall.venue_status() is not Status.MAINTENANCE:
        return []
    now = words.ms(hall.now_ns())
    return [
        {
            "begin": now, "end": "", "env": "1", "href": "", "maintType": "1", "preOpenBegin": "",
            "scheDesc": "", "serviceType": "5", "state": "ongoing", "system": "unified",
            "title": "System upgrade", "ts": now,
        }
    ]  # fmt: skip


def currencies(hall: Hall, request: Request) -> list[Any]:
    """Tell the coins there are."""
    assets = dict.fromkeys(asset for one in hall.instruments for asset in (one.quote, one.base))
    return [
        {
            "burningFeeRate": "", "canDep": True, "canInternal": True, "canWd": True,
            "ccy": asset, "chain": f"{asset}-{asset}", "ctAddr": "", "depQuotaFixed": "",
            "depQuoteDailyLayer2": "", "fee": "0", "logoLink": "", "mainNet": True,
            "maxFee": "0", "maxFeeForCtAddr": "", "maxWd": "1000000", "minDep": "0",
            "minDepArrivalConfirm": "1", "minFee": "0", "minFeeForCtAddr": "", "minInternal": "0",
            "minWd": "0", "minWdUnlockConfirm": "1", "name": asset, "needTag": False,
            "usedDepQuotaFixed": "", "usedWdQuota": "0", "wdQuota": "1000000", "wdTickSz": "8",
        }
        for asset in assets
    ]  # fmt: skip


def _places(hall: Hall, row: Mapping[str, str]) -> list[int]:
    """Return the instruments that `instType`, `instId`, `instFamily` and `uly` leave."""
    word, symbol = text(row, "instType"), text(row, "instId")
    if word in NONE_HERE:
        return []
    if word and word not in PRODUCTS:
        raise Fault("51000", "Parameter instType error", status=400)
    if symbol:
        place = place_of(hall, symbol)
        return [place] if word in {"", words.product_of(hall.instruments[place])} else []
    family = text(row, "instFamily") or text(row, "uly")
    return [
        place
        for place, one in enumerate(hall.instruments)
        if word in {"", words.product_of(one)} and family in {"", f"{one.base}-{one.quote}"}
    ]


ROUTES: Final[Mapping[str, Answerer]] = {
    "/api/v5/public/time": time,
    "/api/v5/public/instruments": instruments,
    "/api/v5/public/mark-price": mark_price,
    "/api/v5/public/funding-rate": funding_rate,
    "/api/v5/public/funding-rate-history": funding_history,
    "/api/v5/public/open-interest": open_interest,
    "/api/v5/public/price-limit": price_limit,
    "/api/v5/public/position-tiers": position_tiers,
    "/api/v5/market/ticker": ticker,
    "/api/v5/market/tickers": tickers,
    "/api/v5/market/index-tickers": index_tickers,
    "/api/v5/market/books": books,
    "/api/v5/market/books-full": books,
    "/api/v5/market/trades": trades,
    "/api/v5/market/history-trades": trades,
    "/api/v5/market/candles": candles,
    "/api/v5/market/history-candles": candles,
    "/api/v5/market/mark-price-candles": price_candles,
    "/api/v5/market/history-mark-price-candles": price_candles,
    "/api/v5/system/status": status,
}
