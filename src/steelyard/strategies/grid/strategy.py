"""The grid as the kernel knows it."""

from collections.abc import Mapping
from decimal import Decimal
from math import gcd
from typing import Any, Final

import numpy as np

from steelyard.kernel.strategy import CompiledStrategy, Line, Prepared, Situation
from steelyard.model.history import Assumption
from steelyard.model.instruments import Instrument, Kind
from steelyard.model.instruments import rate as rate_units
from steelyard.model.kinds import POST_ONLY
from steelyard.model.units import RATE_ONE
from steelyard.strategies.grid import parameters, safety
from steelyard.strategies.grid.reasons import REASONS
from steelyard.strategies.grid.records import LAYOUT, PARAMS, REPRICE, SLOT, TAKE, WAIT, state_rows
from steelyard.strategies.grid.slots import LOCKS, Lock, SlotState
from steelyard.strategies.grid.want import want

_FALLBACKS: Final = {"wait": WAIT, "reprice": REPRICE, "taker": TAKE}
_MODES: Final = {"long": 1, "short": -1, "neutral": 0}
_MINUTE_NS: Final = 60_000_000_000
_NO_DATA_PENALTY: Final = 10


def prepare(values: Mapping[str, Any], situation: Situation) -> Prepared:
    """Turn read parameters and the robot's situation into records; refuse what is unsafe."""
    parameters.cross_check(values)
    traded = situation.instruments[situation.traded]
    safety.check(values, situation, traded)
    params = np.zeros(1, dtype=PARAMS)
    setup = params[0]
    rows = 1 << (values["slots_max"] - 1).bit_length()
    setup["mask"] = rows - 1
    setup["instrument"] = situation.traded
    _set_grid(setup, values, traded)
    setup["equity"], setup["leverage"] = situation.equity, situation.leverage
    setup["restored_quantity"] = situation.restored_quantity
    setup["restored_entry"] = situation.restored_entry
    assumptions = _set_monitor(setup, values, situation)
    step = _set_bars(setup, values)
    return Prepared(
        params=params, state=state_rows(), cells=np.zeros(rows, dtype=SLOT),
        bar_step_ns=step, assumptions=assumptions,
    )  # fmt: skip


def _set_grid(setup: np.void, values: Mapping[str, Any], traded: Instrument) -> None:
    setup["mode"] = _MODES[values["mode"]]
    setup["geometric"] = values["spacing"] == "geometric"
    setup["interval"] = traded.price(values["price_interval"])
    if traded.kind == Kind.INVERSE:
        # Its money is the base coin, its contracts are worth a fixed amount of the quote.
        setup["budget"] = RATE_ONE
        contracts = safety.contracts(values["order_quantity"], traded)
        setup["contracts"] = contracts - contracts % traded.lot
    else:
        setup["budget"] = traded.money(values["order_quantity"])
        setup["value_min"] = traded.money(values["min_order_value"])
    setup["open_window"] = values["buy_window_size"]
    setup["close_window"] = values["sell_window_size"]
    setup["flags"] = POST_ONLY if values["post_only"] else 0
    setup["fallback"] = _FALLBACKS[values["post_only_fallback"]]
    setup["attempts"] = values["post_only_attempts"]
    setup["retry_ns"] = _nanos(values["retry_delay_s"])
    setup["cleanup_threshold"] = values["order_cleanup_threshold"]
    setup["cleanup_batch"] = values["cleanup_batch_size"]
    setup["cleanup_ns"] = _nanos(values["order_cleanup_interval_s"])
    setup["lock_ns"] = _nanos(values["margin_lock_duration_s"])
    setup["start_rate"] = _rate(values, "buy_start_distance")
    setup["inventory_max"] = values["inventory_max"]
    setup["skew_rate"] = _rate(values, "inventory_skew")
    setup["positions_min"] = values["position_safety_check"]
    # An order that may take is reckoned with the taker's fee.
    rests = values["post_only"] and values["post_only_fallback"] != "taker"
    setup["fee_rate"] = traded.fees.maker if rests else max(traded.fees.maker, traded.fees.taker)
    setup["atr"] = values["interval_mode"] == "atr"
    setup["atr_period"] = values["atr_period"]
    setup["atr_scale_rate"] = _rate(values, "atr_scale")
    setup["profit_rate_min"] = _rate(values, "min_profit_rate")
    setup["guard"] = values["decline_guard"]
    setup["guard_window"] = values["guard_average"]
    setup["slow_rate"] = rate_units(1 - values["guard_slow_ratio"], "guard_slow_ratio")
    setup["fast_rate"] = rate_units(1 - values["guard_fast_ratio"], "guard_fast_ratio")
    setup["slow_size_rate"] = _rate(values, "guard_slow_size")
    setup["fast_size_rate"] = _rate(values, "guard_fast_size")
    setup["fast_window_rate"] = _rate(values, "guard_fast_window")
    setup["fast_falls"] = values["guard_fast_falls"]


def _set_monitor(
    setup: np.void, values: Mapping[str, Any], situation: Situation
) -> tuple[Assumption, ...]:
    """Find the monitored instruments among those that have data."""
    if not values["risk_control"]:
        return ()
    found, missing = [], []
    for name in values["monitor_instruments"]:
        rows = [i for i, x in enumerate(situation.instruments) if name in (x.name, x.base)]
        found += rows[:1]
        missing += [] if rows else [name]
    setup["monitors"] = len(found)
    setup["monitored"][: len(found)] = found
    setup["average_window"] = values["average_window"]
    setup["volume_rate"] = _rate(values, "volume_multiplier")
    setup["trigger_count"] = parameters.trigger_count(values["risk_trigger"], len(found))
    setup["recovery_count"] = min(values["recovery_threshold"], max(1, len(found)))
    if not missing:
        return ()
    state = "risk monitor off" if not found else f"risk monitor watches {len(found)} instruments"
    return (
        Assumption(
            what=f"{state}: no data for {', '.join(missing)}",
            why="risk_control is on, and these instruments are not in the history",
            penalty=_NO_DATA_PENALTY if not found else _NO_DATA_PENALTY // 2,
        ),
    )


def _set_bars(setup: np.void, values: Mapping[str, Any]) -> int:
    """Choose the base bar: the longest of which all bars in use can be made. 0: no bars."""
    wanted = {
        "atr_bars": values["atr_bar_minutes"] if setup["atr"] else 0,
        "guard_bars": values["guard_bar_minutes"] if setup["guard"] else 0,
        "monitor_bars": values["monitor_bar_minutes"] if setup["monitors"] else 0,
    }
    minutes = gcd(*wanted.values())
    if minutes == 0:
        return 0
    for name, span in wanted.items():
        setup[name] = span // minutes
    setup["bar_ns"] = minutes * _MINUTE_NS
    setup["every_bar"] = 1
    return minutes * _MINUTE_NS


def _nanos(seconds: Decimal) -> int:
    return int(Decimal(seconds) * 1_000_000_000)


def _rate(values: Mapping[str, Any], name: str) -> int:
    return rate_units(values[name], name)


def lines(prepared: Prepared, instrument: Instrument) -> tuple[Line, ...]:
    """Return the grid's live orders as price lines."""
    found = []
    for cell in prepared.cells:
        state = SlotState(int(cell["state"]))
        if LOCKS[state] is Lock.FREE:
            continue
        opening = state < SlotState.CLOSE_PENDING
        level, mode = int(cell["level"]), int(prepared.params[0]["mode"])
        side = mode or (1 if level < 0 else -1)
        price = int(cell["meant"])
        label = f"{'open' if opening else 'close'} {level} at {instrument.price_text(price)}"
        found.append(Line(price=price, label=label, side=side if opening else -side))
    return tuple(sorted(found, key=lambda line: line.price))


GRID: Final = CompiledStrategy(
    name="grid",
    layout=LAYOUT,
    summary="buys below the price and sells each level one interval higher; short and neutral too",
    parameters=parameters.PARAMETERS,
    want=want,
    prepare=prepare,
    reasons=REASONS,
    lines=lines,
    assumed=("buy_window_size", "sell_window_size"),
)
