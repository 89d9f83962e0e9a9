"""How orders and trades end in Gate's words.

Rule 1: `finish_as` decides how an order ended (`ENDED`); a word it does not list raises, and
nobody is told anything that is not known.
"""

from decimal import Decimal
from typing import Final

from steelyard.model import reasons
from steelyard.model.instruments import Instrument
from steelyard.model.kinds import MAKER, TAKER
from steelyard.model.reports import OrderState
from steelyard.venues.gate import words
from steelyard.venues.native.fees import Taken, taken

_OPEN: Final = OrderState.OPEN
_CANCELED: Final = OrderState.CANCELED
_EXPIRED: Final = OrderState.EXPIRED
_REJECTED: Final = OrderState.REJECTED

ENDED: Final[dict[str, OrderState]] = {
    "filled": OrderState.FILLED,
    "cancelled": _CANCELED,
    "canceled": _CANCELED,
    "liquidate_cancelled": _CANCELED,
    "liquidated": _CANCELED,  # by a liquidation: the venue took it away
    "auto_deleveraged": _CANCELED,
    "auto_deleveraging": _CANCELED,
    "position_closed": _CANCELED,  # the position it would have reduced has gone
    "reduce_only": _CANCELED,  # likewise: it would have opened
    "reduce_out": _CANCELED,
    "stp": _CANCELED,
    "small": _CANCELED,  # what is left is too small to trade
    "price_rate_proteced": _EXPIRED,  # the venue's spelling: slippage ended it
    "price_rate_protected": _EXPIRED,
    "price_protect_cancelled": _EXPIRED,
    "ioc": _EXPIRED,
    "fok": _EXPIRED,
    "depth_not_enough": _EXPIRED,
    "trader_not_enough": _EXPIRED,
    "poc": _REJECTED,
}
"""How an order ended, by `finish_as`."""

_FORCED: Final = ("liq", "hedge-liq", "pm_liquidate", "comb_margin_liquidate", "scm_liquidate")
_ADL: Final = "auto_deleveraging"

WAITING: Final = frozenset({"open", "inactive", ""})
SPOT_PRICE_ENDS: Final[dict[str, OrderState]] = {
    "cancelled": _CANCELED,
    "canceled": _CANCELED,
    "expired": _EXPIRED,
    "failed": _REJECTED,
    "invalid": _REJECTED,
}


def perp_fired(word: words.PerpPriceOrder) -> str:
    """Return the number of the order that a price-triggered one became; "": none."""
    for number in (str(word.me_order_id), str(word.trade_id)):
        if number not in {"0", ""}:
            return number
    return ""


def initial_size(initial: words.PerpInitial) -> Decimal:
    """Return the signed size of a price-triggered order."""
    return Decimal(initial.amount) if initial.amount and not initial.size else initial.size


def spot_state(word: words.SpotOrder) -> OrderState:
    """Return how an order in coins stands."""
    if word.status == "open" or (not word.status and word.event in {"put", "update"}):
        return _OPEN
    if word.status == "closed":
        return OrderState.FILLED
    state = ENDED.get(word.finish_as)
    if state is None and word.status == "cancelled":
        # Older answers tell no `finish_as`.
        return _EXPIRED if word.finish_as == "" and word.type == "market" else _CANCELED
    if state is None:
        raise ValueError(f"an order ended as {word.finish_as!r}, status {word.status!r}")
    return state


def perp_state(word: words.PerpOrder) -> OrderState:
    """Return how an order in contracts stands."""
    if word.status == "open":
        return _OPEN
    state = ENDED.get(word.finish_as)
    if word.status != "finished" or state is None:
        raise ValueError(f"an order ended as {word.finish_as!r}, status {word.status!r}")
    return state


def perp_price_state(word: words.PerpPriceOrder) -> OrderState:
    """Return how a price-triggered order in contracts stands."""
    if word.status in WAITING:
        return _OPEN
    match word.finish_as or word.status:
        case "cancelled" | "canceled":
            return _CANCELED
        case "expired":
            return _EXPIRED
        case "failed" | "invalid":
            return _REJECTED
    raise ValueError(f"a price-triggered order ended as {word.finish_as!r}, {word.status!r}")


def code_of(state: OrderState, finish_as: str) -> int:
    """Return our reason for a rejection."""
    return reasons.POST_ONLY_CROSSES if state == _REJECTED and finish_as == "poc" else 0


def bought(word: words.SpotOrder) -> Decimal:
    """Return what a purchase at market has bought so far."""
    if word.filled_amount is not None:
        return word.filled_amount
    return word.filled_total / word.avg_deal_price if word.avg_deal_price else Decimal(0)


def spot_fee(
    word: words.SpotTrade, instrument: Instrument, price: int, quantity: int
) -> Taken:  # fmt: skip
    """Read the fee of a trade: what GT or points paid, `fee` tells as 0."""
    coin = word.fee_currency or (instrument.base if word.side == "buy" else instrument.quote)
    for name, paid in ((coin, word.fee), ("GT", word.gt_fee), ("points", word.point_fee)):
        if paid:
            return taken(
                instrument, name, paid, price=price, quantity=quantity, maker=word.role == "maker"
            )
    return Taken()


def liquidity_of(role: str) -> int:
    """Return which side of the trade was ours."""
    if role not in {"maker", "taker"}:
        raise ValueError(f"the role of a trade was {role!r}")
    return MAKER if role == "maker" else TAKER


def forced_of(text: str) -> str:
    """Say by what the venue closed a position; "": it did not."""
    if text == _ADL:
        return "adl"
    return "liquidation" if text.startswith(_FORCED) else ""


def seconds_of(value: Decimal) -> Decimal:
    """Return seconds of a time that is told in either unit."""
    # One document tells `update_time` in seconds, the other in milliseconds.
    return value / 1000 if value > 10**11 else value
