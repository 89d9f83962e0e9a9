"""How orders are written, and that what is written is read again as what was meant."""

from itertools import product as every

import pytest

from steelyard.kernel.ports import Placing
from steelyard.model.instruments import Instrument
from steelyard.model.kinds import (
    BUY,
    FOK,
    IOC,
    LIMIT,
    LONG,
    MARKET,
    POST_ONLY,
    REDUCE_ONLY,
    SELL,
    SHORT,
    STOP_MARKET,
    TAKE_PROFIT,
    TRAILING_STOP,
)
from steelyard.model.units import Price, Quantity
from steelyard.venues.bitget import orders
from tests.unit.venues_bitget.bitget_setting import PERPETUAL_BTC, SPOT_BTC


def _placing(
    *, side: int = BUY, kind: int = LIMIT, flags: int = 0, position: int = 0, trigger: int = 0
) -> Placing:
    return Placing(
        client_id="s1", instrument=0, side=side, type=kind, flags=flags, price=270005,
        quantity=12, trigger=trigger, position_side=position,
    )  # fmt: skip


def _write(placing: Placing, *, hedged: bool) -> orders.Written:
    return orders.perpetual(placing, PERPETUAL_BTC, "BTCUSDT", hedged=hedged, margin_mode="crossed")


TPSL, LOSS, GAIN = orders.MIX_TPSL, "loss_plan", "profit_plan"
OPENS = {(LONG, BUY): True, (LONG, SELL): False, (SHORT, SELL): True, (SHORT, BUY): False}


@pytest.mark.parametrize("position, side", list(OPENS))
def test_hedged_sides_name_the_position(position: int, side: int) -> None:
    body = _write(_placing(side=side, position=position), hedged=True).body

    assert body["side"] == ("buy" if position == LONG else "sell")
    assert body["tradeSide"] == ("open" if OPENS[position, side] else "close")
    assert "reduceOnly" not in body


@pytest.mark.parametrize("side, reduces", list(every((BUY, SELL), (True, False))))
def test_one_way_sides_name_what_is_done(side: int, reduces: bool) -> None:
    flags = REDUCE_ONLY if reduces else 0
    body = _write(_placing(side=side, flags=flags), hedged=False).body

    assert body["side"] == ("buy" if side == BUY else "sell")
    assert body.get("reduceOnly") == ("YES" if reduces else None)
    assert "tradeSide" not in body


@pytest.mark.parametrize(
    "hedged, position, side", list(every((True, False), (LONG, SHORT), (BUY, SELL)))
)
def test_what_is_written_is_read_again(hedged: bool, position: int, side: int) -> None:
    """All eight combinations; in one-way mode there is no position side to tell."""
    body = _write(_placing(side=side, position=position), hedged=hedged).body
    told = orders.meaning(body["side"], body.get("tradeSide", ""), "", hedged=hedged)

    assert told == (side, position if hedged else LONG)


@pytest.mark.parametrize("position, side", list(OPENS))
def test_a_fill_s_economic_side_is_read_the_same(position: int, side: int) -> None:
    trade_side = "open" if OPENS[position, side] else "close"
    word = "buy" if side == BUY else "sell"

    assert orders.meaning(word, trade_side, "", hedged=True, economic=True) == (side, position)


@pytest.mark.parametrize(
    "word, side, position, how",
    [("burst_close_long", SELL, LONG, "liquidation"),
     ("burst_close_short", BUY, SHORT, "liquidation"),
     ("reduce_close_long", SELL, LONG, "liquidation"),
     ("dte_sys_adl_close_short", BUY, SHORT, "adl"), ("close", SELL, LONG, "")],
)  # fmt: skip
def test_forced_closes_are_recognised(word: str, side: int, position: int, how: str) -> None:
    assert orders.meaning("buy", word, "", hedged=True) == (side, position)
    assert orders.forced(word) == how


@pytest.mark.parametrize(
    "flags, force", [(0, "gtc"), (POST_ONLY, "post_only"), (IOC, "ioc"), (FOK, "fok")]
)
def test_the_time_in_force_is_told(flags: int, force: str) -> None:
    assert _write(_placing(flags=flags), hedged=False).body["force"] == force
    assert orders.spot(_placing(flags=flags), SPOT_BTC, "BTCUSDT").body["force"] == force


def test_a_market_buy_on_spot_is_a_bounded_limit() -> None:
    written = orders.spot(_placing(kind=MARKET), SPOT_BTC, "BTCUSDT", limit=2727050)

    assert written.path == orders.SPOT_PLACE
    assert written.body == {
        "symbol": "BTCUSDT", "side": "buy", "orderType": "limit", "force": "ioc",
        "price": "27270.5", "size": "0.00000012", "clientOid": "s1",
    }  # fmt: skip


@pytest.mark.parametrize(
    "hedged, kind, side, position, flags, path, expected",
    [
        (False, STOP_MARKET, SELL, 0, REDUCE_ONLY, TPSL, {"planType": LOSS, "holdSide": "buy"}),
        (False, STOP_MARKET, BUY, 0, REDUCE_ONLY, TPSL, {"planType": LOSS, "holdSide": "sell"}),
        (False, TAKE_PROFIT, SELL, 0, REDUCE_ONLY, TPSL, {"planType": GAIN, "holdSide": "buy"}),
        (False, STOP_MARKET, BUY, 0, 0, orders.MIX_PLAN, {"side": "buy"}),
        (True, STOP_MARKET, SELL, LONG, 0, TPSL, {"planType": LOSS, "holdSide": "long"}),
        (True, STOP_MARKET, BUY, SHORT, 0, TPSL, {"planType": LOSS, "holdSide": "short"}),
        (True, STOP_MARKET, SELL, SHORT, 0, orders.MIX_PLAN, {"side": "sell", "tradeSide": "open"}),
    ],
)  # fmt: skip
def test_conditional_orders_go_to_their_namespace(
    hedged: bool, kind: int, side: int, position: int, flags: int, path: str,
    expected: dict[str, str],
) -> None:  # fmt: skip
    placing = _placing(side=side, kind=kind, flags=flags, position=position, trigger=250000)
    written = _write(placing, hedged=hedged)

    assert written.path == path
    assert written.plan
    assert written.body["triggerPrice"] == "25000"
    assert expected.items() <= written.body.items()


@pytest.mark.parametrize("instrument", [SPOT_BTC, PERPETUAL_BTC])
def test_what_the_venue_has_no_words_for_is_not_written(instrument: Instrument) -> None:
    trailing = _placing(kind=TRAILING_STOP)
    with pytest.raises(orders.Unwritable, match="takes limit"):
        _ = (
            orders.spot(trailing, instrument, "BTCUSDT")
            if instrument is SPOT_BTC
            else _write(trailing, hedged=False)
        )
    with pytest.raises(orders.Unwritable, match="allowed is one"):
        orders.force_of(POST_ONLY | IOC)


def test_prices_and_sizes_have_no_exponent() -> None:
    tiny = SPOT_BTC.price("0.01"), SPOT_BTC.quantity("0.000001")
    assert tiny == (Price(1), Quantity(100))
    placing = Placing(
        client_id="s1", instrument=0, side=BUY, type=LIMIT, flags=0, price=1, quantity=100
    )

    body = orders.spot(placing, SPOT_BTC, "BTCUSDT").body

    assert (body["price"], body["size"]) == ("0.01", "0.000001")
