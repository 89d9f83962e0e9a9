"""What the private channels push: orders, conditional orders, trades, coins, margin, positions.

Rule: `positions` pushes all positions of the account at each change, `account` what changed.
"""

from collections.abc import Callable
from typing import Any, Final

from steelyard.exchange.bitget.listing import symbol_of
from steelyard.exchange.bitget.words import (
    MODES,
    Words,
    fee_of,
    force_of,
    ms,
    number,
    price_of,
    pushed_plan_type,
    size_of,
)
from steelyard.exchange.hall.accounts import Member
from steelyard.exchange.hall.news import MoneyNews, OrderNews
from steelyard.exchange.hall.port import Hall
from steelyard.exchange.hall.words import Fill, HallOrder, Product
from steelyard.model.kinds import LIMIT, MAKER

Arg = dict[str, str]
_ALL: Final = "default"


class Pushes:
    """The private half of one socket."""

    def __init__(
        self, hall: Hall, words: Words, push: Callable[[str, Arg, list[Any]], None]
    ) -> None:
        """Push by `push`."""
        self._hall, self._words, self._push = hall, words, push
        self._args: dict[tuple[str, Product], list[Arg]] = {}

    def follow(self, arg: Arg, channel: str, product: Product, member: Member) -> None:
        """Push this channel from now on; account and positions as they are at once."""
        kept = self._args.setdefault((channel, product), [])
        if arg not in kept:
            kept.append(arg)
        if channel == "account":
            self._push("snapshot", arg, self._account(member.number, product))
        elif channel == "positions":
            self._push("snapshot", arg, self._positions(member.number))

    def unfollow(self, arg: Arg, channel: str, product: Product) -> None:
        """Push it no more."""
        kept = self._args.get((channel, product), [])
        if arg in kept:
            kept.remove(arg)

    def order(self, news: OrderNews) -> None:
        """Push an order's news."""
        order = news.order
        product = self._hall.product(order.instrument)
        symbol = symbol_of(self._words.one(order.instrument))
        if order.algo:
            for arg in self._wanting("orders-algo", product, symbol):
                self._push("snapshot", arg, [self._plan(order)])
            return
        for arg in self._wanting("orders", product, symbol):
            word = (
                self._spot_order(order, news.fill) if product == Product.SPOT
                else self._mix_order(order, news.fill)
            )  # fmt: skip
            self._push("snapshot", arg, [word])
        if news.fill is not None:
            for arg in self._wanting("fill", product, symbol):
                self._push("snapshot", arg, [self._words.fill(news.fill, order, stream=True)])

    def money(self, news: MoneyNews) -> None:
        """Push what an account has."""
        member = next((held.member for held in news.positions), None)
        for arg in self._args.get(("account", news.product), ()):
            if news.product == Product.SPOT:
                rows = [self._words.coin(coin, news.ts_ns) for coin in news.coins]
            else:
                rows = [self._words.pushed_wallet(news.margin)] if news.margin is not None else []
            if rows:
                self._push("snapshot", arg, rows)
        if member is not None:
            for arg in self._args.get(("positions", Product.PERP), ()):
                self._push("snapshot", arg, self._positions(member))

    # --- inside ----------------------------------------------------------------------------------

    def _wanting(self, channel: str, product: Product, symbol: str) -> list[Arg]:
        kept = self._args.get((channel, product), ())
        return [arg for arg in kept if arg.get("instId", _ALL) in (_ALL, symbol)]

    def _account(self, member: int, product: Product) -> list[dict[str, str]]:
        if product == Product.SPOT:
            now_ns = self._hall.now_ns()
            coins = self._hall.coins(member)
            return [self._words.coin(coin, now_ns) for coin in coins if coin.total]
        return [self._words.pushed_wallet(self._hall.margin(member))]

    def _positions(self, member: int) -> list[dict[str, Any]]:
        held = self._hall.positions(member)
        return [self._words.position(one, stream=True) for one in held if one.quantity]

    def _filled(self, order: HallOrder, fill: Fill | None) -> dict[str, Any]:
        """Return the part of an order's push that its newest trade makes."""
        if fill is None:
            return {}
        one = self._words.one(order.instrument)
        coin, fee = fee_of(one, fill)
        return {
            "fillPrice": price_of(one, fill.price), "tradeId": str(fill.number),
            "baseVolume": size_of(one, fill.quantity), "fillTime": ms(fill.ts_ns), "fillFee": fee,
            "fillFeeCoin": coin, "tradeScope": "M" if fill.liquidity == MAKER else "T",
        }  # fmt: skip

    def _common(self, order: HallOrder, fill: Fill | None) -> dict[str, Any]:
        one = self._words.one(order.instrument)
        coin, fee = fee_of(one, order)
        return {
            "instId": symbol_of(one), "orderId": str(order.number), "clientOid": order.client_id,
            "orderType": "limit" if order.type == LIMIT else "market",
            "price": price_of(one, order.price) if order.type == LIMIT else "0",
            "force": force_of(order.flags), "accBaseVolume": size_of(one, order.filled),
            "priceAvg": number(round(order.average(one), 16)), "status": self._words.status(order),
            "cTime": ms(order.created_ns), "uTime": ms(order.updated_ns), "stpMode": "none",
            "feeDetail": [{"feeCoin": coin, "fee": fee}], "enterPointSource": "API",
            **self._filled(order, fill),
        }  # fmt: skip

    def _spot_order(self, order: HallOrder, fill: Fill | None) -> dict[str, Any]:
        one = self._words.one(order.instrument)
        size = size_of(one, order.quantity)
        if order.cost:
            size = number(one.money_decimal(order.cost))
        cost = number(one.money_decimal(order.worth))
        sides = "buy" if order.side > 0 else "sell"
        return self._common(order, fill) | {
            "side": sides, "size": size, "newSize": size, "notional": cost,
        }  # fmt: skip

    def _mix_order(self, order: HallOrder, fill: Fill | None) -> dict[str, Any]:
        one = self._words.one(order.instrument)
        forced = fill.forced if fill is not None else ""
        sides = self._words.sides(
            order.member, order.side, order.position_side, order.said, forced=forced
        )
        return self._common(order, fill) | sides | {
            "size": size_of(one, order.quantity), "marginCoin": "USDT",
            "marginMode": MODES[order.margin_mode or "cross"],
            "leverage": str(self._hall.leverage(order.member, order.instrument)),
            "reduceOnly": "yes" if order.reduce_only else "no",
            "notionalUsd": number(one.money_decimal(order.worth)),
            "fillNotionalUsd": number(one.money_decimal(order.worth)),
            "totalProfits": number(one.money_decimal(order.realised)), "pnl": "0",
        }  # fmt: skip

    def _plan(self, order: HallOrder) -> dict[str, Any]:
        word = self._words.plan(order)
        one = self._words.one(order.instrument)
        price = price_of(one, order.price) if order.type == LIMIT else "0"
        word |= {
            "instId": word.pop("symbol"), "status": word.pop("planStatus", word.get("status")),
            "actualSize": "0", "price": price, "triggerTime": ms(order.triggered_ns),
        }  # fmt: skip
        if not self._words.is_spot(order.instrument):
            word["planType"] = pushed_plan_type(order)
            word.pop("executeOrderId")
        return word
