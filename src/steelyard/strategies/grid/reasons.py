"""Why the grid is not doing what its windows ask for: codes 200–219.

Rule 1: 0 means that every order the windows ask for is placed.
Rule 2: the first failing condition is told, the gravest first.
"""

from typing import Final

from steelyard.model.reasons import Reason, Unit

SLOT_HALT: Final = 200
LIQUIDATED: Final = 201
NO_FIRST_PRICE: Final = 202
UNSAFE_POSITIONS: Final = 203
UNSAFE_PROFIT: Final = 204
RISK_PAUSED: Final = 205
MARGIN_LOCKED: Final = 206
SLOTS_FULL: Final = 207
LADDER_END: Final = 208
BUDGET_SPENT: Final = 209
ORDER_TOO_SMALL: Final = 210
INVENTORY_FULL: Final = 211
POST_ONLY_WAIT: Final = 212
REFUSED_WAIT: Final = 213
CLEANED_WAIT: Final = 214
WAITING: Final = 215
GUARDED: Final = 216
STRAY_FILL: Final = 217
UNSAFE_SIZE: Final = 218

REASONS: Final[dict[int, Reason]] = {
    SLOT_HALT: Reason(
        "grid_slot_halt", Unit.COUNT,
        "a slot in state {have} heard news {need}, which its table does not list; "
        "the robot stopped",
        "槽位处于状态 {have} 时收到其状态表未列出的消息 {need}，机器人已停止",
    ),
    LIQUIDATED: Reason(
        "grid_liquidated", Unit.NONE,
        "the position was liquidated; the robot stopped", "仓位已被强制平仓，机器人已停止",
    ),
    NO_FIRST_PRICE: Reason(
        "grid_no_first_price", Unit.NONE,
        "waiting for the first price", "等待首个价格",
    ),
    UNSAFE_POSITIONS: Reason(
        "grid_unsafe_positions", Unit.COUNT,
        "safety check: equity and leverage pay for {have} levels, position_safety_check asks "
        "for {need}",
        "安全检查：资金与杠杆可支撑 {have} 格，position_safety_check 要求 {need} 格",
    ),
    UNSAFE_PROFIT: Reason(
        "grid_unsafe_profit", Unit.PRICE,
        "safety check: a round trip gains {have} per unit, its fees cost {need}",
        "安全检查：每单位一次往返盈利 {have}，手续费为 {need}",
    ),
    UNSAFE_SIZE: Reason(
        "grid_unsafe_size", Unit.MONEY,
        "safety check: in whole lots a level is worth {have}, the venue's minimum is {need}; "
        "raise order_quantity",
        "安全检查：按最小数量取整后每格价值 {have}，低于交易所最小值 {need}，请提高 order_quantity",
    ),
    RISK_PAUSED: Reason(
        "grid_risk_paused", Unit.COUNT,
        "market risk: {have} monitored instruments are calm, {need} are needed to go on",
        "市场风险：已有 {have} 个监控品种恢复正常，需要 {need} 个",
    ),
    MARGIN_LOCKED: Reason(
        "grid_margin_locked", Unit.TIME,
        "margin was short; no new orders until {need}", "保证金不足，{need} 之前不下新单",
    ),
    SLOTS_FULL: Reason(
        "grid_slots_full", Unit.COUNT,
        "the row of level {have} is held by another level; slots_max is {need}",
        "价位 {have} 的槽位被其他价位占用，slots_max 为 {need}",
    ),
    LADDER_END: Reason(
        "grid_ladder_end", Unit.COUNT,
        "level {have} is outside the ladder, which ends at level {need}",
        "价位 {have} 超出网格范围，网格止于 {need}",
    ),
    BUDGET_SPENT: Reason(
        "grid_budget_spent", Unit.COUNT,
        "{have} orders are live, order_cleanup_threshold allows {need}",
        "当前挂单 {have} 个，order_cleanup_threshold 允许 {need} 个",
    ),
    ORDER_TOO_SMALL: Reason(
        "grid_order_too_small", Unit.MONEY,
        "an order would be worth {have}, the minimum is {need}",
        "订单价值为 {have}，最小值为 {need}",
    ),
    INVENTORY_FULL: Reason(
        "grid_inventory_full", Unit.COUNT,
        "{have} slots are filled or opening, inventory_max allows {need}",
        "已持有或正在开仓 {have} 格，inventory_max 允许 {need} 格",
    ),
    POST_ONLY_WAIT: Reason(
        "grid_post_only_wait", Unit.TIME,
        "a post-only order would have taken; next try at {need}",
        "只挂单会立即成交，{need} 重试",
    ),
    REFUSED_WAIT: Reason(
        "grid_refused_wait", Unit.TIME,
        "an order was refused; next try at {need}", "订单被拒绝，{need} 重试",
    ),
    CLEANED_WAIT: Reason(
        "grid_cleaned_wait", Unit.TIME,
        "far orders were cleaned; they may return at {need}", "远端订单已清理，{need} 后可恢复",
    ),
    WAITING: Reason(
        "grid_waiting", Unit.PRICE,
        "no order rests; the next level is reached at {need}", "暂无挂单，价格到达 {need} 时开始",
    ),
    GUARDED: Reason(
        "grid_guarded", Unit.RATE,
        "slow-decline guard: orders are sized {have} of {need}", "阴跌保护：下单比例 {have}/{need}",
    ),
    STRAY_FILL: Reason(
        "grid_stray_fill", Unit.COUNT,
        "a late fill of level {have} has no slot to go to; the robot stopped",
        "价位 {have} 的迟到成交没有可用槽位，机器人已停止",
    ),
}  # fmt: skip
