"""What the hall tells an account's sessions.

Rule: an order's news come before the news of money they caused.
"""

from decimal import Decimal
from typing import TypeAlias

from msgspec import Struct

from steelyard.exchange.hall.accounts import Coin, Income, Margin, Position
from steelyard.exchange.hall.words import Fill, HallOrder, Product


class OrderNews(Struct, frozen=True, kw_only=True):
    """An order was accepted, filled in part or whole, amended, triggered or ended."""

    ts_ns: int
    order: HallOrder
    fill: Fill | None = None
    """The fill that changed it; every fill comes with exactly one OrderNews."""
    amended: bool = False


class MoneyNews(Struct, frozen=True, kw_only=True):
    """Coins, wallet or positions changed. Comes after the OrderNews that caused it.

    `coins` are the assets of `product` that changed, `positions` the positions, flat ones
    included (quantity 0).
    """

    ts_ns: int
    product: Product
    reason: str
    """`order`, `funding`, `transfer`, `liquidation`, `adl`, `settlement`."""
    coins: tuple[Coin, ...] = ()
    positions: tuple[Position, ...] = ()
    margin: Margin | None = None
    """Of the wallet of perpetuals, None for spot."""
    change: Decimal = Decimal(0)
    """By how much the settlement asset changed."""


class FundingNews(Struct, frozen=True, kw_only=True):
    """Funding was settled; a MoneyNews follows."""

    ts_ns: int
    income: Income


class SettingNews(Struct, frozen=True, kw_only=True):
    """Leverage, margin mode or position mode changed, by a request or by hand."""

    ts_ns: int
    what: str
    """`leverage`, `margin_mode`, `hedged`."""
    instrument: int
    value: str
    """A number, `cross` or `isolated`, `true` or `false`."""


class LiquidationNews(Struct, frozen=True, kw_only=True):
    """The venue closed a position; OrderNews and MoneyNews of it follow."""

    ts_ns: int
    instrument: int
    side: int
    quantity: int
    price: int


class KeyExpired(Struct, frozen=True, kw_only=True):
    """A listen key ran out: said to the sessions that entered by it."""

    ts_ns: int
    key: str


PrivateNews: TypeAlias = (
    OrderNews | MoneyNews | FundingNews | SettingNews | LiquidationNews | KeyExpired
)
