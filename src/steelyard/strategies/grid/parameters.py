"""The grid's parameters and the sentences that refuse a bad combination.

Rule 1: only `price_interval` and `order_quantity` are required.
Rule 2: a refusal says what was found, what is allowed and what to do.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from steelyard.model.decimals import format_decimal
from steelyard.model.errors import ConfigurationError
from steelyard.model.parameters import declared_parameters, parameter
from steelyard.strategies.grid.records import AVERAGE_MAX, GUARD_MAX, MONITORS_MAX

DEFAULT_MONITORED = ("BTC", "ETH", "SOL", "XRP", "DOGE")


# A table, one paragraph a parameter; the formatter would make it one line an argument.
# fmt: off
class GridParameters:
    """What a person may set."""

    price_interval: Decimal = parameter(
        unit="quote", above=0,
        doc="distance between two levels; with geometric spacing, the distance at the anchor",
        doc_zh="相邻两格的价差；等比网格时为锚定价处的价差",
    )
    order_quantity: Decimal = parameter(
        unit="quote", changeable=True, above=0,
        doc="budget of one level: what its opening order may be worth",
        doc_zh="每格下单金额（计价货币）",
    )
    mode: str = parameter(
        "long", unit="", choices=("long", "short", "neutral"), doc_zh="网格方向：做多、做空、中性",
        doc="long buys below and sells above; short mirrors it; neutral does both around a centre",
    )
    spacing: str = parameter(
        "arithmetic", unit="", choices=("arithmetic", "geometric"), doc_zh="等差或等比",
        doc="equal distances, or equal ratios of anchor + interval to anchor",
    )
    buy_window_size: int = parameter(
        10, unit="levels", minimum=1, maximum=500,
        doc="opening orders kept behind the price (for a short grid: above it)",
        doc_zh="开仓窗口：价格后方保持的开仓单数量",
    )
    sell_window_size: int = parameter(
        10, unit="levels", minimum=1, maximum=500,
        doc="how far ahead of the price closing orders are kept",
        doc_zh="平仓窗口：价格前方保持平仓单的格数",
    )
    min_order_value: Decimal = parameter(
        20, unit="quote", changeable=True, minimum=0,
        doc="no closing order is worth less; a smaller remainder waits to be topped up",
        doc_zh="最小订单价值；更小的剩余持仓等待补足",
    )
    buy_start_distance: Decimal = parameter(
        "0.1", unit="intervals", minimum=0, maximum="0.5",
        doc="the level nearest to the price opens once the price is farther than this beyond it",
        doc_zh="价格超过最近一格多少个间距后才在该格开仓",
    )
    slots_max: int = parameter(
        1024, unit="slots", minimum=64, maximum=65536,
        doc="rows for levels, rounded up to a power of two; the geometric ladder's length",
        doc_zh="槽位数量，向上取 2 的幂；亦为等比网格的长度",
    )
    post_only: bool = parameter(
        True, unit="", doc="orders must rest; they never take", doc_zh="只挂单（maker）",
    )
    post_only_fallback: str = parameter(
        "reprice", unit="", choices=("reprice", "wait", "taker"),
        doc="after a post-only rejection: one tick beyond the touch, wait, or take after "
        "post_only_attempts",
        doc_zh="只挂单被拒后：改价、等待，或多次失败后改为普通限价单",
    )
    post_only_attempts: int = parameter(
        3, unit="tries", minimum=1, maximum=100,
        doc="tries at once before waiting (reprice) or taking (taker)",
        doc_zh="连续尝试次数，之后等待或改为普通限价单",
    )
    retry_delay_s: Decimal = parameter(
        1, unit="s", changeable=True, above=0, maximum=3600,
        doc="how long a slot waits after a refusal",
        doc_zh="订单被拒后的等待时间",
    )
    order_cleanup_threshold: int = parameter(
        100, unit="orders", changeable=True, minimum=2, maximum=10000,
        doc="no more orders than this are live; reaching it calls the cleaner",
        doc_zh="挂单上限，达到时触发清理",
    )
    cleanup_batch_size: int = parameter(
        10, unit="orders", changeable=True, minimum=1, maximum=1000,
        doc="orders cancelled per cleaning",
        doc_zh="每次清理撤销的订单数",
    )
    order_cleanup_interval_s: Decimal = parameter(
        60, unit="s", changeable=True, above=0, maximum=86400,
        doc="shortest time between two cleanings",
        doc_zh="两次清理的最短间隔",
    )
    margin_lock_duration_s: Decimal = parameter(
        10, unit="s", changeable=True, above=0, maximum=86400,
        doc="after a margin error: openings cancelled, no new orders for this long",
        doc_zh="保证金不足后的锁定时间：撤销开仓单且不下新单",
    )
    position_safety_check: int = parameter(
        10, unit="levels", minimum=1, maximum=100000,
        doc="levels that equity × leverage must be able to pay for",
        doc_zh="启动安全检查：资金×杠杆须能支撑的格数",
    )
    leverage_max: int = parameter(
        10, unit="x", minimum=1, maximum=125, doc="highest account leverage the grid starts with",
        doc_zh="允许的最高杠杆",
    )
    inventory_max: int = parameter(
        0, unit="slots", changeable=True, minimum=0, maximum=65536,
        doc="most slots filled or opening per direction; 0: no limit",
        doc_zh="每个方向持有或正在开仓的最多格数；0 表示不限",
    )
    inventory_skew: Decimal = parameter(
        0, unit="ratio", minimum=0, maximum=1,
        doc="how much smaller openings get as inventory_max is approached; 0: not at all",
        doc_zh="随持仓接近上限缩小开仓金额的强度；0 表示不缩小",
    )
    interval_mode: str = parameter(
        "fixed", unit="", choices=("fixed", "atr"), doc_zh="固定间距或 ATR 动态间距",
        doc="fixed, or the larger of price_interval, fees plus profit, and the scaled true range",
    )
    atr_period: int = parameter(
        14, unit="bars", minimum=2, maximum=500, doc="bars of Wilder's average true range",
        doc_zh="ATR 周期",
    )
    atr_bar_minutes: int = parameter(
        5, unit="min", minimum=1, maximum=1440, doc="length of such a bar", doc_zh="ATR K 线周期",
    )
    atr_scale: Decimal = parameter(
        "0.6", unit="ratio", above=0, maximum=100, doc="interval per true range", doc_zh="ATR 系数",
    )
    min_profit_rate: Decimal = parameter(
        "0.001", unit="ratio", minimum=0, maximum=1,
        doc="profit of a round trip after fees that the dynamic interval must leave",
        doc_zh="动态间距须保证的每次往返净利润率",
    )
    decline_guard: bool = parameter(
        False, unit="", doc="smaller orders in a slow decline (a slow rise for a short grid)",
        doc_zh="阴跌保护",
    )
    guard_bar_minutes: int = parameter(
        5, unit="min", minimum=1, maximum=1440, doc="length of the guard's bars",
        doc_zh="保护所用 K 线周期",
    )
    guard_average: int = parameter(
        20, unit="bars", minimum=2, maximum=GUARD_MAX, doc="bars of the guard's moving average",
        doc_zh="保护所用均线周期",
    )
    guard_slow_ratio: Decimal = parameter(
        "0.99", unit="ratio", above=0, maximum=1,
        doc="price under average × this: orders × guard_slow_size", doc_zh="一级阈值",
    )
    guard_slow_size: Decimal = parameter(
        "0.5", unit="ratio", above=0, maximum=1, doc="order size on the first step",
        doc_zh="一级下单比例",
    )
    guard_fast_ratio: Decimal = parameter(
        "0.97", unit="ratio", above=0, maximum=1,
        doc="price under average × this after guard_fast_falls falling bars: the second step",
        doc_zh="二级阈值",
    )
    guard_fast_size: Decimal = parameter(
        "0.2", unit="ratio", above=0, maximum=1, doc="order size on the second step",
        doc_zh="二级下单比例",
    )
    guard_fast_window: Decimal = parameter(
        "0.1", unit="ratio", above=0, maximum=1,
        doc="buy window on the second step, at least one level", doc_zh="二级开仓窗口比例",
    )
    guard_fast_falls: int = parameter(
        3, unit="bars", minimum=1, maximum=100, doc="falling bars in a row for the second step",
        doc_zh="二级所需连续下跌 K 线数",
    )
    risk_control: bool = parameter(
        False, unit="", doc="watch major coins; cancel openings in a market storm",
        doc_zh="市场风险监控",
    )
    monitor_instruments: tuple[str, ...] = parameter(
        DEFAULT_MONITORED, unit="", doc="instruments or base coins to watch",
        doc_zh="监控的品种或币种",
    )
    monitor_bar_minutes: int = parameter(
        1, unit="min", minimum=1, maximum=1440, doc="length of the monitor's bars",
        doc_zh="监控 K 线周期",
    )
    volume_multiplier: Decimal = parameter(
        3, unit="ratio", above=0, maximum=1000, doc="a storm's volume, in average volumes",
        doc_zh="成交量放大倍数",
    )
    average_window: int = parameter(
        20, unit="bars", minimum=2, maximum=AVERAGE_MAX,
        doc="bars of the average price and volume", doc_zh="均线与均量周期",
    )
    recovery_threshold: int = parameter(
        3, unit="instruments", minimum=1, maximum=MONITORS_MAX,
        doc="instruments that must be calm again to go on", doc_zh="恢复所需品种数",
    )
    risk_trigger: str = parameter(
        "all", unit="", doc="how many must storm: all, any, or a number",
        doc_zh="触发所需品种数：all、any 或数字",
    )


# fmt: on
PARAMETERS = declared_parameters(GridParameters)


def cross_check(values: Mapping[str, Any]) -> None:
    """Refuse values that are right one by one and wrong together."""
    budget, smallest = values["order_quantity"], values["min_order_value"]
    if budget < smallest:
        raise ConfigurationError(
            f"order_quantity was {format_decimal(budget)}, min_order_value allows at least "
            f"{format_decimal(smallest)} (quote); raise the one or lower the other"
        )
    if values["inventory_skew"] and not values["inventory_max"]:
        raise ConfigurationError(
            f"inventory_skew was {format_decimal(values['inventory_skew'])} with inventory_max 0, "
            "allowed is a skew only with a limit; set inventory_max"
        )
    slow, fast = values["guard_slow_ratio"], values["guard_fast_ratio"]
    if fast > slow:
        raise ConfigurationError(
            f"guard_fast_ratio was {format_decimal(fast)}, allowed is at most guard_slow_ratio "
            f"{format_decimal(slow)}"
        )
    windows = values["buy_window_size"] + values["sell_window_size"]
    if values["slots_max"] < 2 * windows:
        raise ConfigurationError(
            f"slots_max was {values['slots_max']}, allowed is at least twice both windows, "
            f"{2 * windows}"
        )
    if len(values["monitor_instruments"]) > MONITORS_MAX:
        raise ConfigurationError(
            f"monitor_instruments named {len(values['monitor_instruments'])}, "
            f"allowed are at most {MONITORS_MAX}"
        )
    trigger_count(values["risk_trigger"], 1)


def trigger_count(trigger: str, monitored: int) -> int:
    """Return how many instruments must storm, of those that are monitored."""
    if trigger == "all":
        return max(1, monitored)
    if trigger == "any":
        return 1
    if trigger.isascii() and trigger.isdigit() and 1 <= int(trigger) <= MONITORS_MAX:
        return min(int(trigger), max(1, monitored))
    raise ConfigurationError(
        f"risk_trigger was {trigger!r}, allowed is all, any or a whole number from 1 to "
        f"{MONITORS_MAX}"
    )
