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
# A venue.
VENUE_TICK: Final = 100
VENUE_LOT: Final = 101
VENUE_MINIMUM: Final = 102
VENUE_MAXIMUM: Final = 103
VENUE_NOTIONAL: Final = 104
VENUE_BAND: Final = 105
POST_ONLY_CROSSES: Final = 106
VENUE_WOULD_INCREASE: Final = 107
VENUE_NO_FUNDS: Final = 108
VENUE_NO_COINS: Final = 109
VENUE_NO_MARGIN: Final = 110
VENUE_TOO_MANY: Final = 111
UNKNOWN_ORDER: Final = 112
NO_MARKET: Final = 113
WOULD_TRIGGER: Final = 114
NOT_SUPPORTED: Final = 115
VENUE_BUSY: Final = 116
VENUE_CLOSED: Final = 117
VENUE_AUTH: Final = 118
VENUE_MODE: Final = 119

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
    VENUE_TICK: Reason(
        "venue_tick", Unit.PRICE,
        "venue: price was {have}, allowed are multiples of the tick {need}",
        "交易所：价格为 {have}，须为最小变动价位 {need} 的整数倍",
    ),
    VENUE_LOT: Reason(
        "venue_lot", Unit.QUANTITY,
        "venue: quantity was {have}, allowed are multiples of the lot {need}",
        "交易所：数量为 {have}，须为最小数量单位 {need} 的整数倍",
    ),
    VENUE_MINIMUM: Reason(
        "venue_minimum", Unit.QUANTITY,
        "venue: quantity was {have}, the minimum is {need}",
        "交易所：数量为 {have}，低于最小值 {need}",
    ),
    VENUE_MAXIMUM: Reason(
        "venue_maximum", Unit.QUANTITY,
        "venue: quantity was {have}, the maximum is {need}",
        "交易所：数量为 {have}，高于最大值 {need}",
    ),
    VENUE_NOTIONAL: Reason(
        "venue_notional", Unit.MONEY,
        "venue: order was worth {have}, the minimum is {need}",
        "交易所：订单价值为 {have}，低于最小值 {need}",
    ),
    VENUE_BAND: Reason(
        "venue_band", Unit.RATE,
        "venue: price stood {have} from the last price, allowed is {need}",
        "交易所：价格偏离最新价 {have}，允许 {need}",
    ),
    POST_ONLY_CROSSES: Reason(
        "post_only_crosses", Unit.PRICE,
        "venue: post-only at {have} would have met {need}",
        "交易所：只挂单价格 {have} 会与 {need} 成交",
    ),
    VENUE_WOULD_INCREASE: Reason(
        "venue_would_increase", Unit.QUANTITY,
        "venue: reduce-only order of {need} against a position of {have}",
        "交易所：只减仓订单 {need}，而持仓为 {have}",
    ),
    VENUE_NO_FUNDS: Reason(
        "venue_no_funds", Unit.MONEY,
        "venue: available were {have}, needed are {need}",
        "交易所：可用资金 {have}，需要 {need}",
    ),
    VENUE_NO_COINS: Reason(
        "venue_no_coins", Unit.QUANTITY,
        "venue: available to sell were {have}, needed are {need}",
        "交易所：可卖数量 {have}，需要 {need}",
    ),
    VENUE_NO_MARGIN: Reason(
        "venue_no_margin", Unit.MONEY,
        "venue: free margin was {have}, needed is {need}",
        "交易所：可用保证金 {have}，需要 {need}",
    ),
    VENUE_TOO_MANY: Reason(
        "venue_too_many", Unit.COUNT,
        "venue: open orders were {have}, allowed are {need}",
        "交易所：挂单已有 {have} 个，上限 {need} 个",
    ),
    UNKNOWN_ORDER: Reason(
        "unknown_order", Unit.NONE,
        "venue: no such open order", "交易所：没有这个挂单",
    ),
    NO_MARKET: Reason(
        "no_market", Unit.NONE,
        "venue: nobody to trade with yet", "交易所：尚无对手盘",
    ),
    WOULD_TRIGGER: Reason(
        "would_trigger", Unit.PRICE,
        "venue: the trigger {need} is reached already, the price is {have}",
        "交易所：触发价 {need} 已达到，当前价格 {have}",
    ),
    NOT_SUPPORTED: Reason(
        "not_supported", Unit.NONE,
        "venue: it takes no such command", "交易所：不支持该指令",
    ),
    VENUE_BUSY: Reason(
        "venue_busy", Unit.NONE,
        "venue: too many requests, or too late", "交易所：请求过多或已过期",
    ),
    VENUE_CLOSED: Reason(
        "venue_closed", Unit.NONE,
        "venue: it takes no new orders at the moment", "交易所：暂不接受新订单",
    ),
    VENUE_AUTH: Reason(
        "venue_auth", Unit.NONE,
        "venue: the key was refused", "交易所：密钥被拒绝",
    ),
    VENUE_MODE: Reason(
        "venue_mode", Unit.NONE,
        "venue: position mode, leverage or margin type do not fit",
        "交易所：持仓模式、杠杆或保证金模式不符",
    ),
}  # fmt: skip
