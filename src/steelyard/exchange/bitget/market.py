"""The market over REST: listing, tickers, books, trades, candles, funding."""

from decimal import Decimal
from typing import Any, Final

from steelyard.exchange.bitget.errors import Fault
from steelyard.exchange.bitget.listing import TIERS, symbol_of
from steelyard.exchange.bitget.reading import PRODUCT_TYPE, Asked
from steelyard.exchange.bitget.words import (
    MIX_STATUSES,
    SPOT_STATUSES,
    money_of,
    ms,
    number,
    price_of,
    size_of,
)
from steelyard.exchange.hall.port import Hall
from steelyard.exchange.hall.prices import Candle, TradeNews
from steelyard.exchange.hall.words import Product
from steelyard.model.decimals import decimals_of
from steelyard.model.instruments import rate_decimal
from steelyard.model.kinds import BUY

_MINUTE_NS: Final = 60_000_000_000
SPANS: Final = {
    "1m": 1, "3m": 3, "5m": 5, "15m": 15, "30m": 30, "1h": 60, "4h": 240, "6h": 360, "12h": 720,
    "1d": 1440, "6hutc": 360, "12hutc": 720, "1dutc": 1440, "1w": 10080, "1wutc": 10080,
}  # fmt: skip
"""Minutes of a bar, by its name in small letters."""
_SPOT_NAMES: Final = {"min": "m", "day": "d", "week": "w"}


class Market:
    """Answers public requests."""

    def __init__(self, hall: Hall) -> None:
        """Ask this hall."""
        self._hall = hall

    def _places(self, product: Product, asked: Asked) -> list[int]:
        if asked.has("symbol"):
            return [asked.instrument(product)]
        every = range(len(self._hall.instruments))
        return [place for place in every if self._hall.product(place) == product]

    # --- listing ---------------------------------------------------------------------------------

    def time(self, asked: Asked) -> Any:
        return {"serverTime": ms(self._hall.now_ns())}

    def coins(self, asked: Asked) -> Any:
        names = dict.fromkeys(
            name for one in self._hall.instruments for name in (one.quote, one.base)
        )
        return [
            {"coinId": str(place), "coin": name, "transfer": "true", "chains": []}
            for place, name in enumerate(names, start=1)
        ]

    def pairs(self, asked: Asked) -> Any:
        return [self._pair(place) for place in self._places(Product.SPOT, asked)]

    def _pair(self, place: int) -> dict[str, str]:
        one = self._hall.instruments[place]
        return {
            "symbol": symbol_of(one), "baseCoin": one.base, "quoteCoin": one.quote,
            "minTradeAmount": size_of(one, one.quantity_min),
            "maxTradeAmount": size_of(one, one.quantity_max),
            "takerFeeRate": _rate(one.fees.taker), "makerFeeRate": _rate(one.fees.maker),
            "pricePrecision": str(one.price_decimals),
            "quantityPrecision": str(decimals_of(one.quantity_decimal(one.lot))),
            "quotePrecision": "8",
            "status": SPOT_STATUSES.get(self._hall.status(place), "halt"),
            "minTradeUSDT": money_of(one, one.notional_min), "buyLimitPriceRatio": "0.05",
            "sellLimitPriceRatio": "0.05", "areaSymbol": "no", "orderQuantity": "200",
        }  # fmt: skip

    def contracts(self, asked: Asked) -> Any:
        if asked.product_type() != PRODUCT_TYPE:
            return []
        return [self._contract(place) for place in self._places(Product.PERP, asked)]

    def _contract(self, place: int) -> dict[str, Any]:
        one = self._hall.instruments[place]
        most = size_of(one, one.quantity_max)
        leverage = max((tier.leverage_max for tier in one.margin_tiers), default=1)
        return {
            "symbol": symbol_of(one), "baseCoin": one.base, "quoteCoin": one.quote,
            "buyLimitPriceRatio": "0.05", "sellLimitPriceRatio": "0.05", "feeRateUpRatio": "0.005",
            "makerFeeRate": _rate(one.fees.maker), "takerFeeRate": _rate(one.fees.taker),
            "openCostUpRatio": "0.01", "supportMarginCoins": ["USDT"],
            "minTradeNum": size_of(one, one.quantity_min), "priceEndStep": str(one.tick),
            "volumePlace": str(one.quantity_decimals), "pricePlace": str(one.price_decimals),
            "sizeMultiplier": size_of(one, one.lot), "symbolType": "perpetual",
            "minTradeUSDT": money_of(one, one.notional_min), "maxSymbolOrderNum": "200",
            "maxProductOrderNum": "1000", "maxPositionNum": "150",
            "symbolStatus": MIX_STATUSES.get(self._hall.status(place), "maintain"),
            "offTime": "-1", "limitOpenTime": "-1", "deliveryTime": "", "deliveryStartTime": "",
            "deliveryPeriod": "", "launchTime": "", "fundInterval": "8", "minLever": "1",
            "maxLever": str(leverage), "posLimit": "0.1", "maintainTime": "", "openTime": "",
            "maxMarketOrderQty": most, "maxOrderQty": most, "isRwa": "NO",
        }  # fmt: skip

    def tiers(self, asked: Asked) -> Any:
        asked.product_type()
        place = asked.instrument(Product.PERP)
        one = self._hall.instruments[place]
        rows, start = [], 0
        for level, (worth, _, maintenance) in enumerate(TIERS, start=1):
            leverage = one.margin_tiers[level - 1].leverage_max
            rows.append({
                "symbol": symbol_of(one), "level": str(level), "startUnit": str(start),
                "endUnit": str(worth), "leverage": str(leverage), "keepMarginRate": maintenance,
            })  # fmt: skip
            start = worth
        return rows

    # --- prices ----------------------------------------------------------------------------------

    def spot_tickers(self, asked: Asked) -> Any:
        return [self.ticker(place) for place in self._places(Product.SPOT, asked)]

    def mix_tickers(self, asked: Asked) -> Any:
        if asked.product_type() != PRODUCT_TYPE:
            return []
        return [self.ticker(place) for place in self._places(Product.PERP, asked)]

    def ticker(self, place: int) -> dict[str, Any]:
        """Return the last 24 hours."""
        one, told = self._hall.instruments[place], self._hall.ticker(place)
        change = number(Decimal(_change(told.open, told.last)))
        first = price_of(one, told.open)
        word = {
            "symbol": symbol_of(one), "lastPr": price_of(one, told.last),
            "askPr": price_of(one, told.ask), "bidPr": price_of(one, told.bid),
            "bidSz": size_of(one, told.bid_quantity), "askSz": size_of(one, told.ask_quantity),
            "high24h": price_of(one, told.high), "low24h": price_of(one, told.low),
            "open24h": first, "open": first, "openUtc": first, "ts": ms(told.ts_ns),
            "change24h": change, "changeUtc24h": change, "baseVolume": size_of(one, told.volume),
            "quoteVolume": money_of(one, told.worth), "usdtVolume": money_of(one, told.worth),
        }  # fmt: skip
        if self._hall.product(place) == Product.SPOT:
            return word
        mark = self._hall.mark(place)
        return word | {
            "indexPrice": price_of(one, mark.index), "markPrice": price_of(one, mark.mark),
            "fundingRate": _rate(mark.rate), "nextFundingTime": ms(mark.next_ns),
            "holdingAmount": size_of(one, self._hall.open_interest(place)),
            "deliveryStartTime": None, "deliveryTime": None, "deliveryStatus": "",
        }  # fmt: skip

    def symbol_price(self, asked: Asked) -> Any:
        asked.product_type()
        place = asked.instrument(Product.PERP)
        one, mark = self._hall.instruments[place], self._hall.mark(place)
        return [{
            "symbol": symbol_of(one), "price": price_of(one, self._hall.ticker(place).last),
            "indexPrice": price_of(one, mark.index), "markPrice": price_of(one, mark.mark),
            "ts": ms(mark.ts_ns),
        }]  # fmt: skip

    def spot_book(self, asked: Asked) -> Any:
        return self._book(asked.instrument(Product.SPOT), asked.limit(150, 150))

    def mix_book(self, asked: Asked) -> Any:
        asked.product_type()
        book = self._book(asked.instrument(Product.PERP), asked.limit(1000, 100))
        return book | {"scale": "0.1", "precision": "scale0", "isMaxPrecision": "NO"}

    def _book(self, place: int, levels: int) -> dict[str, Any]:
        one, book = self._hall.instruments[place], self._hall.book(place, levels)
        return {
            "asks": [[price_of(one, p), size_of(one, q)] for p, q in book.asks],
            "bids": [[price_of(one, p), size_of(one, q)] for p, q in book.bids],
            "ts": ms(book.ts_ns),
        }  # fmt: skip

    def spot_trades(self, asked: Asked) -> Any:
        return self._trades(asked, Product.SPOT)

    def mix_trades(self, asked: Asked) -> Any:
        asked.product_type()
        return self._trades(asked, Product.PERP)

    def _trades(self, asked: Asked, product: Product) -> list[dict[str, str]]:
        place = asked.instrument(product)
        one = self._hall.instruments[place]
        start_ns, end_ns = asked.span()
        rows = self._hall.trades(
            place, limit=asked.limit(1000), before=asked.number("idLessThan")
        )  # fmt: skip
        return [
            {**trade_of(self._hall, row), "symbol": symbol_of(one)}
            for row in reversed(rows)
            if row.ts_ns >= start_ns and (not end_ns or row.ts_ns <= end_ns)
        ]

    def spot_candles(self, asked: Asked) -> Any:
        return self._candles(asked, Product.SPOT)

    def mix_candles(self, asked: Asked) -> Any:
        asked.product_type()
        return self._candles(asked, Product.PERP)

    def _candles(self, asked: Asked, product: Product) -> list[list[str]]:
        place = asked.instrument(product)
        span_ns = span_of(asked.text("granularity"))
        start_ns, end_ns = asked.span()
        # The end is not included.
        rows = self._hall.candles(
            place, span_ns, from_ns=start_ns, to_ns=end_ns - 1 if end_ns else 0,
            limit=asked.limit(1000),
        )  # fmt: skip
        return [candle_of(self._hall, place, row) for row in rows]

    # --- funding ---------------------------------------------------------------------------------

    def funding(self, asked: Asked) -> Any:
        asked.product_type()
        rows = []
        for place in self._places(Product.PERP, asked):
            mark = self._hall.mark(place)
            rows.append({
                "symbol": symbol_of(self._hall.instruments[place]),
                "fundingRate": _rate(mark.rate), "fundingRateInterval": "8",
                "nextUpdate": ms(mark.next_ns), "minFundingRate": "-0.003",
                "maxFundingRate": "0.003",
            })  # fmt: skip
        return rows

    def funding_time(self, asked: Asked) -> Any:
        asked.product_type()
        place = asked.instrument(Product.PERP)
        mark = self._hall.mark(place)
        symbol = symbol_of(self._hall.instruments[place])
        return [{"symbol": symbol, "nextFundingTime": ms(mark.next_ns), "ratePeriod": "8"}]

    def fundings(self, asked: Asked) -> Any:
        asked.product_type()
        place = asked.instrument(Product.PERP)
        symbol = symbol_of(self._hall.instruments[place])
        return [
            {"symbol": symbol, "fundingRate": _rate(row.rate), "fundingTime": ms(row.ts_ns)}
            for row in reversed(self._hall.fundings(place))
        ]

    def interest(self, asked: Asked) -> Any:
        asked.product_type()
        place = asked.instrument(Product.PERP)
        one = self._hall.instruments[place]
        size = size_of(one, self._hall.open_interest(place))
        return {
            "openInterestList": [{"symbol": symbol_of(one), "size": size}],
            "ts": ms(self._hall.now_ns()),
        }  # fmt: skip

    def nothing(self, asked: Asked) -> Any:
        """Answer what this venue has none of."""
        return []


def span_of(name: str) -> int:
    """Return the span of a bar by its name: `1m`, `1min`, `1H`, `1Dutc`, `1day`."""
    word = name.lower()
    for long, short in _SPOT_NAMES.items():
        word = word.replace(long, short)
    if word not in SPANS:
        raise Fault("40020", "Parameter granularity error")
    return SPANS[word] * _MINUTE_NS


def trade_of(hall: Hall, row: TradeNews) -> dict[str, str]:
    """Return a public trade."""
    one = hall.instruments[row.instrument]
    return {
        "ts": ms(row.ts_ns), "price": price_of(one, row.price), "size": size_of(one, row.quantity),
        "side": "buy" if row.taker_side == BUY else "sell", "tradeId": str(row.number),
    }  # fmt: skip


def candle_of(hall: Hall, place: int, row: Candle) -> list[str]:
    """Return a bar."""
    one = hall.instruments[place]
    worth = money_of(one, row.worth)
    prices = (price_of(one, p) for p in (row.open, row.high, row.low, row.close))
    cells = [ms(row.start_ns), *prices, size_of(one, row.volume), worth]
    return [*cells, worth] if hall.product(place) == Product.SPOT else cells


def _rate(rate: int) -> str:
    return number(rate_decimal(rate))


def _change(first: int, last: int) -> str:
    return f"{(last - first) / first:.5f}" if first else "0"
