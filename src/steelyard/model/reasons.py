"""Reasons: why a command was refused and why a robot is not trading, in words.

Rule 1: a code is written into journals: never renumbered, only added to.
Rule 2: `{have}` and `{need}` are the measured value and the limit, in the unit the reason names.

Codes 1–99 are the gate's, 100–199 a venue's, 200–299 a robot's decision.
"""

from enum import StrEnum
from typing import Final, NamedTuple


class Unit(StrEnum):
    """What `have` and `need` count."""

    NONE = "none"
    PRICE = "price"
    QUANTITY = "quantity"
    MONEY = "money"
    RATE = "rate"
    COUNT = "count"
    TIME = "time"


class Reason(NamedTuple):
    """One reason: its name in JSON, the unit of its numbers, its words."""

    name: str
    unit: Unit
    english: str
    chinese: str


OK: Final = 0
# The gate.
HALTED: Final = 1
PAUSED: Final = 2
NO_PRICE: Final = 3
BAD_PRICE: Final = 4
BAD_QUANTITY: Final = 5
UNDER_MINIMUM: Final = 6
OVER_MAXIMUM: Final = 7
UNDER_NOTIONAL: Final = 8
TOO_FAR: Final = 9
NO_FUNDS: Final = 10
NO_COINS: Final = 11
NO_MARGIN: Final = 12
WOULD_INCREASE: Final = 13
ORDER_LIMIT: Final = 14
POSITION_LIMIT: Final = 15
OPEN_ORDERS_LIMIT: Final = 16
LOSS_LIMIT: Final = 17
NOT_LIVE: Final = 18
OVERFLOW_REFUSED: Final = 19

REASONS: Final[dict[int, Reason]] = {
    OK: Reason("ok", Unit.NONE, "acting", "正常运行"),
    HALTED: Reason("halted", Unit.NONE, "the book is halted", "账簿已停止"),
    PAUSED: Reason("paused", Unit.NONE, "entries are paused", "已暂停开仓"),
    NO_PRICE: Reason("no_price", Unit.NONE, "no price was seen yet", "尚未收到价格"),
    BAD_PRICE: Reason(
        "bad_price", Unit.PRICE,
        "price was {have}, allowed are multiples of the tick {need}",
        "价格为 {have}，须为最小变动价位 {need} 的整数倍",
    ),
    BAD_QUANTITY: Reason(
        "bad_quantity", Unit.QUANTITY,
        "quantity was {have}, allowed are multiples of the lot {need}",
        "数量为 {have}，须为最小数量单位 {need} 的整数倍",
    ),
    UNDER_MINIMUM: Reason(
        "under_minimum", Unit.QUANTITY,
        "quantity was {have}, the venue's minimum is {need}", "数量为 {have}，低于最小值 {need}",
    ),
    OVER_MAXIMUM: Reason(
        "over_maximum", Unit.QUANTITY,
        "quantity was {have}, the venue's maximum is {need}", "数量为 {have}，高于最大值 {need}",
    ),
    UNDER_NOTIONAL: Reason(
        "under_notional", Unit.MONEY,
        "order was worth {have}, the venue's minimum is {need}",
        "订单价值为 {have}，低于最小值 {need}",
    ),
    TOO_FAR: Reason(
        "too_far", Unit.RATE,
        "price stood {have} from the last price, allowed is {need}",
        "价格偏离最新价 {have}，允许 {need}",
    ),
    NO_FUNDS: Reason(
        "no_funds", Unit.MONEY,
        "available were {have}, needed are {need}", "可用资金 {have}，需要 {need}",
    ),
    NO_COINS: Reason(
        "no_coins", Unit.QUANTITY,
        "available to sell were {have}, needed are {need}", "可卖数量 {have}，需要 {need}",
    ),
    NO_MARGIN: Reason(
        "no_margin", Unit.MONEY,
        "free margin was {have}, needed is {need}", "可用保证金 {have}，需要 {need}",
    ),
    WOULD_INCREASE: Reason(
        "would_increase", Unit.QUANTITY,
        "reduce-only order of {need} against a position of {have}",
        "只减仓订单 {need}，而持仓为 {have}",
    ),
    ORDER_LIMIT: Reason(
        "order_limit", Unit.MONEY,
        "order was worth {have}, the mandate allows {need}", "订单价值 {have}，授权上限 {need}",
    ),
    POSITION_LIMIT: Reason(
        "position_limit", Unit.MONEY,
        "position could reach {have}, the mandate allows {need}",
        "持仓可能达到 {have}，授权上限 {need}",
    ),
    OPEN_ORDERS_LIMIT: Reason(
        "open_orders_limit", Unit.COUNT,
        "open orders would be {have}, the mandate allows {need}",
        "挂单将为 {have} 个，授权上限 {need} 个",
    ),
    LOSS_LIMIT: Reason(
        "loss_limit", Unit.MONEY,
        "loss was {have}, the mandate allows {need}", "亏损 {have}，授权上限 {need}",
    ),
    NOT_LIVE: Reason("not_live", Unit.NONE, "the order is over already", "订单已结束"),
    OVERFLOW_REFUSED: Reason(
        "overflow", Unit.NONE, "the order's worth does not fit 64 bits", "订单价值超出范围",
    ),
}  # fmt: skip
