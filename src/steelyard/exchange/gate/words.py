"""Orders, trades, positions and wallets as Gate spells them.

Rule 1: in coins everything is text; in contracts sizes are JSON numbers, or text for a client that
asks for decimals (`X-Gate-Size-Decimal`).
Rule 2: an order that a price-triggered one became has the text `ao-<its number>`.
Rule 3: an order without a text of its client has that of its source: `apiv4`, in contracts `api`.
"""

from decimal import Decimal
from typing import Any, Final

from steelyard.exchange.gate.listing import symbol_of
from steelyard.exchange.hall.accounts import Income, Margin, Member, Position
from steelyard.exchange.hall.port import Hall
from steelyard.exchange.hall.words import Fill, HallOrder, Stage, Why
from steelyard.model.decimals import format_decimal, format_units
from steelyard.model.instruments import Instrument, rate_decimal
from steelyard.model.kinds import BUY, MAKER, MARKET, SHORT

_SECOND: Final = 9
_MILLI_NS: Final = 1_000_000
_SECOND_NS: Final = 1_000_000_000

_SPOT_ENDS: Final = {
    Why.IOC: "ioc", Why.FOK: "fok", Why.POST_ONLY: "poc", Why.NOBODY: "depth_not_enough",
    Why.LIQUIDATION: "liquidate_cancelled",
}  # fmt: skip
_PERP_ENDS: Final = {
    Why.IOC: "ioc", Why.FOK: "ioc", Why.NOBODY: "ioc", Why.POST_ONLY: "poc",
    Why.REDUCE_ONLY: "reduce_only", Why.LIQUIDATION: "liquidated",
}  # fmt: skip


def seconds(ns: int) -> Decimal:
    """Return seconds with milliseconds."""
    return Decimal(ns // _MILLI_NS).scaleb(-3)


def size_word(size: int, instrument: Instrument, *, decimal: bool) -> int | str:
    """Return contracts as the client wants them spelt."""
    return format_units(size, instrument.quantity_decimals) if decimal else size


def spot_order(hall: Hall, order: HallOrder) -> dict[str, Any]:
    """Return an order in coins."""
    instrument = hall.instruments[order.instrument]
    decimals = instrument.quantity_decimals
    coin, fee = order.fee_in(instrument)
    total = instrument.money_decimal(order.worth)
    by_cost = bool(order.cost)
    amount = (
        format_units(order.cost, instrument.money_decimals)
        if by_cost
        else format_units(order.quantity, decimals)
    )
    left = (
        format_units(order.cost - order.worth, instrument.money_decimals)
        if by_cost
        else format_units(order.left, decimals)
    )
    return {
        "id": str(order.number),
        "text": text_word(order, "apiv4"),
        "amend_text": order.said.get("amend_text", "-"),
        "create_time": str(order.created_ns // _SECOND_NS),
        "update_time": str(order.updated_ns // _SECOND_NS),
        "create_time_ms": order.created_ns // _MILLI_NS,
        "update_time_ms": order.updated_ns // _MILLI_NS,
        "status": _spot_status(order),
        "currency_pair": symbol_of(instrument),
        "type": "market" if order.type == MARKET else "limit",
        "account": order.said.get("account", "spot"),
        "side": "buy" if order.side == BUY else "sell",
        "amount": amount,
        "price": format_units(order.price, instrument.price_decimals),
        "biz_info": "-",
        "time_in_force": order.said.get("tif", "gtc"),
        "iceberg": "0",
        "left": left,
        "filled_amount": format_units(order.filled, decimals),
        "fill_price": format_decimal(total),
        "filled_total": format_decimal(total),
        "avg_deal_price": format_decimal(order.average(instrument)),
        "fee": format_decimal(fee),
        "fee_currency": coin,
        "point_fee": "0",
        "gt_fee": "0",
        "gt_maker_fee": "0",
        "gt_taker_fee": "0",
        "gt_discount": False,
        "rebated_fee": "0",
        "rebated_fee_currency": instrument.base,
        "finish_as": finish_word(order, spot=True) or "open",
    }


def perp_order(hall: Hall, member: Member, order: HallOrder, *, decimal: bool) -> dict[str, Any]:
    """Return an order in contracts."""
    instrument = hall.instruments[order.instrument]
    maker, taker = hall.fees(order.member, order.instrument)
    sign = 1 if order.side == BUY else -1
    ended = not order.live
    found: dict[str, Any] = {
        "id": order.number,
        "user": int(member.user),
        "contract": symbol_of(instrument),
        "create_time": seconds(order.created_ns),
        "update_time": seconds(order.updated_ns),
        "size": size_word(sign * order.quantity, instrument, decimal=decimal),
        "iceberg": size_word(0, instrument, decimal=decimal),
        "left": size_word(sign * order.left, instrument, decimal=decimal),
        "price": format_units(order.price, instrument.price_decimals),
        "fill_price": format_decimal(order.average(instrument)),
        "mkfr": format_decimal(rate_decimal(maker)),
        "tkfr": format_decimal(rate_decimal(taker)),
        "refr": "0",
        "tif": order.said.get("tif", "gtc"),
        "refu": 0,
        "is_reduce_only": order.reduce_only,
        "is_close": order.said.get("close") == "true",
        "is_liq": order.why == Why.LIQUIDATION,
        "text": text_word(order, "api"),
        "status": "finished" if ended else "open",
        "finish_as": finish_word(order, spot=False),
        "stp_id": 0,
        "stp_act": "-",
        "amend_text": order.said.get("amend_text", "-"),
        "biz_info": "-",
        "pos_margin_mode": "cross",
    }
    if ended:
        found["finish_time"] = seconds(order.updated_ns)
    return found


def text_word(order: HallOrder, source: str) -> str:
    """Return the text of an order."""
    if order.parent:
        return f"ao-{order.parent}"
    return order.client_id or order.said.get("text", source)


def finish_word(order: HallOrder, *, spot: bool) -> str:
    """Return how an order ended; "": it has not."""
    if order.live:
        return ""
    if order.stage == Stage.FILLED:
        return "filled"
    return (_SPOT_ENDS if spot else _PERP_ENDS).get(order.why, "cancelled")


def spot_trade(hall: Hall, fill: Fill, text: str) -> dict[str, Any]:
    """Return a trade in coins."""
    instrument = hall.instruments[fill.instrument]
    coin, fee = fill.fee_in(instrument)
    return {
        "id": str(fill.number),
        "create_time": str(fill.ts_ns // _SECOND_NS),
        "create_time_ms": f"{Decimal(fill.ts_ns // 1000).scaleb(-3):f}",
        "currency_pair": symbol_of(instrument),
        "side": "buy" if fill.side == BUY else "sell",
        "role": "maker" if fill.liquidity == MAKER else "taker",
        "amount": format_units(fill.quantity, instrument.quantity_decimals),
        "price": format_units(fill.price, instrument.price_decimals),
        "order_id": str(fill.order),
        "fee": format_decimal(fee),
        "fee_currency": coin,
        "point_fee": "0",
        "gt_fee": "0",
        "amend_text": "-",
        "sequence_id": str(fill.number),
        "text": text,
        "deal": format_units(fill.worth, instrument.money_decimals),
    }


def perp_trade(hall: Hall, fill: Fill, text: str, *, decimal: bool) -> dict[str, Any]:
    """Return a trade in contracts; `close_size` only says which side it was about."""
    instrument = hall.instruments[fill.instrument]
    sign = 1 if fill.side == BUY else -1
    closes = hall.hedged(fill.member) and (sign > 0) == (fill.position_side == SHORT)
    size = sign * fill.quantity
    return {
        "id": fill.number,
        "trade_id": str(fill.number),
        "create_time": seconds(fill.ts_ns),
        "contract": symbol_of(instrument),
        "order_id": str(fill.order),
        "size": size_word(size, instrument, decimal=decimal),
        "close_size": size_word(size if closes else 0, instrument, decimal=decimal),
        "price": format_units(fill.price, instrument.price_decimals),
        "role": "maker" if fill.liquidity == MAKER else "taker",
        "text": _forced(fill) or text,
        "fee": format_units(fill.fee, instrument.money_decimals),
        "point_fee": "0",
    }


def position(hall: Hall, member: Member, held: Position, *, decimal: bool) -> dict[str, Any]:
    """Return a position."""
    instrument = hall.instruments[held.instrument]
    mode = "single"
    if hall.hedged(held.member):
        mode = "dual_short" if held.side == SHORT else "dual_long"
    money = instrument.money_decimals
    worth = abs(held.quantity) * held.mark
    value = Decimal(worth).scaleb(-instrument.price_decimals - instrument.quantity_decimals)
    isolated = held.margin_mode == "isolated"
    tier = instrument.margin_tiers[0]
    mark = format_units(held.mark, instrument.price_decimals)
    return {
        "user": int(member.user),
        "contract": symbol_of(instrument),
        "size": size_word(held.quantity, instrument, decimal=decimal),
        "leverage": str(held.leverage) if isolated else "0",
        "cross_leverage_limit": "0" if isolated else str(held.leverage),
        "lever": str(held.leverage),
        "risk_limit": format_units(tier.notional_max, money),
        "leverage_max": str(tier.leverage_max),
        "maintenance_rate": format_decimal(rate_decimal(tier.maintenance_rate)),
        "value": format_decimal(value * instrument.multiplier),
        "margin": format_units(held.margin, money),
        "initial_margin": format_units(held.margin, money),
        "maintenance_margin": format_units(held.maintenance, money),
        "entry_price": format_decimal(held.entry),
        "liq_price": format_units(held.liquidation, instrument.price_decimals),
        "mark_price": mark,
        "unrealised_pnl": format_units(held.unrealised, money),
        "realised_pnl": format_units(held.realised, money),
        "history_pnl": "0",
        "last_close_pnl": "0",
        "realised_point": "0",
        "history_point": "0",
        "adl_ranking": 5,
        "pending_orders": len(hall.open_orders(held.member, instrument=held.instrument)),
        "close_order": None,
        "mode": mode,
        "pos_margin_mode": "isolated" if isolated else "cross",
        "update_time": held.updated_ns // _SECOND_NS,
        "update_id": 1,
        "open_time": held.opened_ns // _SECOND_NS,
    }


def perp_account(member: Member, margin: Margin, *, hedged: bool) -> dict[str, Any]:
    """Return the wallet of contracts."""
    return {
        "user": int(member.user),
        "currency": margin.asset,
        "total": format_decimal(margin.wallet),
        "unrealised_pnl": format_decimal(margin.unrealised),
        "position_margin": "0",
        "order_margin": "0",
        "available": format_decimal(margin.available),
        "point": "0",
        "bonus": "0",
        "in_dual_mode": hedged,
        "position_mode": "dual" if hedged else "single",
        "enable_credit": False,
        "enable_evolved_classic": True,
        "margin_mode": 0,
        "margin_mode_name": "classic",
        "cross_order_margin": format_decimal(margin.order_margin),
        "cross_initial_margin": format_decimal(margin.position_margin),
        "cross_maintenance_margin": format_decimal(margin.maintenance),
        "cross_unrealised_pnl": format_decimal(margin.unrealised),
        "cross_available": format_decimal(margin.available),
        "cross_margin_balance": format_decimal(margin.equity),
        "isolated_position_margin": "0",
        "history": {"dnw": "0", "pnl": "0", "fee": "0", "refr": "0", "fund": "0"},
    }


def book_row(hall: Hall, entry: Income, balance: str) -> dict[str, Any]:
    """Return a row of the account book of contracts."""
    kinds = {"funding": "fund", "fee": "fee", "profit": "pnl", "liquidation": "pnl"}
    contract = symbol_of(hall.instruments[entry.instrument]) if entry.instrument >= 0 else ""
    return {
        "time": entry.ts_ns // _SECOND_NS,
        "change": format_decimal(entry.amount),
        "balance": balance,
        "type": kinds.get(entry.kind, "dnw"),
        "text": f"{contract}:{entry.fill or entry.number}",
        "contract": contract,
        "trade_id": str(entry.fill or ""),
        "id": str(entry.number),
    }


def _spot_status(order: HallOrder) -> str:
    if order.live:
        return "open"
    return "closed" if order.stage == Stage.FILLED else "cancelled"


def _forced(fill: Fill) -> str:
    if fill.forced == "adl":
        return "auto_deleveraging"
    return f"liq-{fill.order}" if fill.forced else ""
