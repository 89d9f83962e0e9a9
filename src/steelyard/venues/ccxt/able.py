"""What an exchange can do through ccxt, and in plain words what it cannot.

Rule 1: what is missing is said before the first order, not when it is needed.
Rule 2: orders that wait for a trigger are not placed through ccxt: each exchange keeps them in a
place of its own, where ccxt does not find them again by our id, and so would call them absent.
"""

from typing import Any, Final

from msgspec import Struct

from steelyard.model.kinds import (
    FOK,
    IOC,
    LIMIT,
    MARKET,
    POST_ONLY,
    REDUCE_ONLY,
    STOP_MARKET,
    TAKE_PROFIT,
)

_BY_CLIENT_ID: Final = frozenset({
    "binance", "binanceusdm", "bitget", "coinex", "gate", "gateio", "hashkey", "htx",
    "hyperliquid", "kraken", "kucoin", "kucoinfutures", "mexc", "okx", "woo",
})  # fmt: skip
"""Whose `fetch_order` takes `clientOrderId` instead of an id; ccxt does not tell by itself."""
_OTHER_IDS: Final = frozenset({"hyperliquid", "kraken", "krakenfutures"})
"""Whose order ids are numbers, or shorter than ours."""
_TYPES: Final = {LIMIT: "limit", MARKET: "market", STOP_MARKET: "stop", TAKE_PROFIT: "take profit"}
_FLAGS: Final = {POST_ONLY: "postOnly", IOC: "IOC", FOK: "FOK"}


class Able(Struct, frozen=True, kw_only=True):
    """The capability table of one exchange, for one product."""

    name: str
    places: bool
    carries_our_id: bool
    types: frozenset[int]
    flags: int
    by_client_id: bool
    """An order can be asked for and canceled by our own id."""
    fetches_order: bool
    fetches_open: bool
    fetches_trades: bool
    fetches_funding: bool
    fetches_time: bool
    cancels_all: bool
    watches_orders: bool
    watches_trades: bool
    quotes: str
    """How best quotes come: the name of ccxt's call; `fetch…` is asked for again and again."""
    public_trades: str
    depth: str

    def lacks(self) -> tuple[str, ...]:
        """Return a sentence for each thing that is missing."""
        quotes = self.quotes or "nothing"
        rows = (
            (self.carries_our_id, "its order ids do not hold ours: no orders can be placed"),
            (self.places or not self.carries_our_id, "no orders can be placed"),
            (STOP_MARKET in self.types, "stops do not rest at the venue: no robot is protected"),
            (bool(self.flags & POST_ONLY), "orders cannot be post-only: they may pay taker fees"),
            (self.by_client_id, "orders cannot be asked for by our own id: lists are searched"),
            (self.fetches_order or self.fetches_open, "the state of an order cannot be asked for"),
            (self.fetches_open, "open orders cannot be listed"),
            (self.fetches_trades, "trades of the account cannot be listed"),
            (self.fetches_time, "the venue's clock cannot be asked for: ours must be right"),
            (self.watches_orders, "orders are not streamed: they are asked for every 2 s"),
            (self.watches_trades, "fills are not streamed: they are asked for"),
            (self.quotes.startswith("watch"), f"best quotes are not streamed, but by {quotes}"),
            (self.public_trades.startswith("watch"), "public trades are not streamed"),
            (self.depth.startswith("watch"), "the order book is not streamed"),
        )  # fmt: skip
        return tuple(f"{self.name} through ccxt: {text}" for has, text in rows if not has)

    def refuses(self, kind: int, flags: int) -> str:
        """Say why an order of this kind cannot be placed, or nothing."""
        if not self.places:
            return f"{self.name} takes no orders through ccxt"
        if kind not in self.types:
            return f"{self.name} takes no {_TYPES.get(kind, 'trailing stop')} orders through ccxt"
        missing = flags & ~self.flags & ~REDUCE_ONLY
        for flag, word in _FLAGS.items():
            if missing & flag:
                return f"{self.name} takes no {word} orders through ccxt"
        return ""


def able_of(exchange: Any, *, swap: bool) -> Able:
    """Read the table off an exchange."""
    has = exchange.has
    features = _features(exchange, swap=swap)
    create = features.get("createOrder") or {}
    in_force = create.get("timeInForce") or {}

    def can(name: str) -> bool:
        return bool(has.get(name))

    types = {LIMIT} if can("createOrder") else set()
    types |= {MARKET} if can("createOrder") and has.get("createMarketOrder") is not False else set()
    flags = sum(
        flag for flag, word in _FLAGS.items() if in_force.get(word.replace("postOnly", "PO"))
    )
    return Able(
        name=exchange.id,
        places=can("createOrder") and exchange.id not in _OTHER_IDS,
        carries_our_id=exchange.id not in _OTHER_IDS,
        types=frozenset(types),
        flags=flags,
        by_client_id=exchange.id in _BY_CLIENT_ID,
        fetches_order=can("fetchOrder"),
        fetches_open=can("fetchOpenOrders"),
        fetches_trades=can("fetchMyTrades"),
        fetches_funding=swap and can("fetchFundingHistory"),
        fetches_time=can("fetchTime"),
        cancels_all=can("cancelAllOrders"),
        watches_orders=can("watchOrders"),
        watches_trades=can("watchMyTrades"),
        quotes=_first(exchange, "watchBidsAsks", "watchTicker", "watchOrderBook", "fetchTicker"),
        public_trades=_first(exchange, "watchTrades", "fetchTrades"),
        depth=_first(exchange, "watchOrderBook", "fetchOrderBook"),
    )


def _first(exchange: Any, *names: str) -> str:
    return next((name for name in names if exchange.has.get(name)), "")


def _features(exchange: Any, *, swap: bool) -> dict[str, Any]:
    found = exchange.features or {}
    if swap:
        return (found.get("swap") or {}).get("linear") or {}
    return found.get("spot") or {}
