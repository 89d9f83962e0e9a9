"""The public half: streams, questions, frames and the rule of books."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.model.errors import ConfigurationError
from steelyard.model.events import BarClosed, Quote, Trade
from steelyard.model.kinds import BUY, SELL
from steelyard.model.market import FundingRate, Mark
from steelyard.model.reports import Refusal, Success, Unclear
from steelyard.venues.gate.depth import GateBook
from steelyard.venues.gate.market import GateMarket
from steelyard.venues.gate.terms import ADDRESSES
from steelyard.venues.native.dialect import BookChange, Channel
from tests.unit.venues_gate.account import answer, contract, pair, path_of, talk

SPOT, PERP = 0, 1
MINUTE = 60 * 10**9
PAIR = {
    "id": "BTC_USDT", "base": "BTC", "quote": "USDT", "fee": "0.2", "min_base_amount": "0.0001",
    "min_quote_amount": "3", "amount_precision": 5, "precision": 1, "trade_status": "tradable",
}  # fmt: skip
CONTRACT = {
    "name": "BTC_USDT", "quanto_multiplier": "0.0001", "order_price_round": "0.1",
    "mark_price_round": "0.01", "order_size_min": 1, "order_size_max": 1_000_000,
    "leverage_max": "100", "maintenance_rate": "0.005", "risk_limit_max": "8000000",
    "maker_fee_rate": "-0.0001", "taker_fee_rate": "0.00075", "in_delisting": False,
    "funding_interval": 14_400, "funding_next_apply": 1_700_006_400,
}  # fmt: skip


def market() -> GateMarket:
    return GateMarket((pair(), contract()), ADDRESSES["testnet"])


def frame(channel: str, result: object, time_ms: int = 1_700_000_000_123) -> bytes:
    return json.dumps(
        {
            "time": time_ms // 1000, "time_ms": time_ms, "channel": channel, "event": "update",
            "result": result,
        }
    ).encode()  # fmt: skip


def test_streams_are_one_for_each_product() -> None:
    channels = frozenset(Channel) - {Channel.STATUS}
    spot, perp = market().streams(channels, MINUTE)
    said = [[json.loads(text) for text in stream.hello] for stream in (spot, perp)]
    assert [one["channel"] for one in said[0]] == [
        "spot.book_ticker", "spot.trades", "spot.order_book_update", "spot.candlesticks",
    ]  # fmt: skip
    assert said[1][2]["payload"] == ["BTC_USDT", "100ms", "100"]
    assert said[1][-1]["channel"] == "futures.tickers"
    assert [stream.confirms for stream in (spot, perp)] == [4, 5]
    assert len(market().streams(frozenset({Channel.MARK}), 0)) == 1
    with pytest.raises(ConfigurationError):
        market().streams(frozenset({Channel.STATUS}), 0)
    with pytest.raises(ConfigurationError):
        market().streams(frozenset({Channel.BARS}), 7 * MINUTE)


def test_the_listing_leaves_out_what_it_cannot_read() -> None:
    broken = {**PAIR, "id": "ODD_USDT", "precision": "many"}
    delisting = {**CONTRACT, "name": "OLD_USDT", "in_delisting": True}
    inverse = {**CONTRACT, "name": "BTC_USD", "quanto_multiplier": "0"}
    reply, _ = talk(
        market().listing(), [answer([PAIR, broken]), answer([CONTRACT, delisting, inverse])]
    )
    found = {one.instrument.name: one for one in reply.value}
    assert {name: one.status for name, one in found.items()} == {
        "BTC/USDT": "trading", "BTC/USDT:USDT": "trading", "OLD/USDT:USDT": "halted",
    }  # fmt: skip
    spot, perp = found["BTC/USDT"].instrument, found["BTC/USDT:USDT"].instrument
    assert spot.quantity_decimal(spot.lot) == spot.quantity_decimal(1) * 1000
    assert (spot.fees.taker, perp.fees.maker) == (200_000, -10_000)
    assert perp.price_decimal(perp.tick) == perp.price_decimal(10)
    reply, _ = talk(market().listing(), [answer([broken])])
    assert isinstance(reply, Unclear)


def test_the_clock() -> None:
    reply, _ = talk(market().time(), [answer({"server_time": 1_597_026_383_085})])
    assert reply == Success(value=1_597_026_383_085_000_000)


def test_states_of_books_and_best_quotes() -> None:
    book = {
        "id": 7, "current": 1_700_000_000.5, "update": 1_700_000_000.25,
        "asks": [{"p": "101.5", "s": 3}], "bids": [{"p": "100", "s": "2.5"}],
    }  # fmt: skip
    reply, calls = talk(market().depth_snapshot(PERP), [answer(book)])
    assert path_of(calls[0]).endswith("contract=BTC_USDT&limit=100&with_id=true")
    state = reply.value
    assert (state.first, state.last, state.snapshot) == (7, 7, True)
    assert (state.bids, state.asks) == (((1000, 25_000),), ((1015, 30_000),))
    reply, _ = talk(market().quote(PERP), [answer(book)])
    assert (reply.value.bid, reply.value.ask) == (1000, 1015)
    reply, _ = talk(market().quote(PERP), [answer({**book, "asks": []})])
    assert isinstance(reply, Refusal)
    del book["id"]
    reply, _ = talk(market().depth_snapshot(PERP), [answer(book)])
    assert isinstance(reply, Unclear)


def test_bars_come_in_pages_closed_and_in_order() -> None:
    start = 1_699_999_980
    row = ["1699999980", "10", "2", "3", "1", "1.5", "5.5", "true"]
    later = ["1700000040", *row[1:]]
    still = ["1700000100", *row[1:7], "false"]
    reply, calls = talk(
        market().bars(SPOT, MINUTE, start * 10**9, (start + 180) * 10**9),
        [answer([later, row, still])],
    )
    assert path_of(calls[0]).endswith("interval=1m&from=1699999980&to=1700000100")
    bars = reply.value
    assert [bar.ts_ns // 10**9 for bar in bars] == [1_700_000_040, 1_700_000_100]
    assert bars[0][1:] == (150, 300, 100, 200, 550_000_000)
    end = start + 2500 * 60
    _, calls = talk(market().bars(PERP, MINUTE, start * 10**9, end * 10**9), [answer([])] * 3)
    assert [call.url.rpartition("from=")[2] for call in calls] == [
        f"{first}&to={min(end, first + 60_000) - 60}"
        for first in range(start, end, 60_000)
    ]  # fmt: skip


# --- frames --------------------------------------------------------------------------------------


def test_quotes_of_both_products_and_of_an_empty_side() -> None:
    told = {"t": 1_700_000_000_123, "u": 1, "s": "BTC_USDT", "b": "100.1", "B": "0.00000000009",
            "a": "100.2", "A": "2"}  # fmt: skip
    (quote,) = market().read(frame("spot.book_ticker", told))
    assert isinstance(quote, Quote)
    # Somebody's dust is still there.
    assert (quote.instrument, quote.bid, quote.bid_quantity) == (SPOT, 10_010, 1)
    (quote,) = market().read(frame("futures.book_ticker", {**told, "B": 37_000, "A": "1.5"}))
    assert isinstance(quote, Quote)
    assert (quote.instrument, quote.bid_quantity, quote.ask_quantity) == (PERP, 370_000_000, 15_000)
    assert market().read(frame("futures.book_ticker", {**told, "t": 0, "b": "", "B": 0})) == ()
    assert market().read(frame("spot.book_ticker", {**told, "s": "OTHER_USDT"})) == ()


def test_trades_are_the_takers() -> None:
    rows = [
        {"size": -3, "id": 1, "create_time": 1, "create_time_ms": 1_500, "price": "5",
         "contract": "BTC_USDT"},
        {"size": "2.5", "id": 2, "create_time": 1_700_000_000, "price": "5.5",
         "contract": "BTC_USDT"},
    ]  # fmt: skip
    sold, bought = market().read(frame("futures.trades", rows))
    assert isinstance(sold, Trade)
    assert isinstance(bought, Trade)
    assert (sold.taker_side, sold.quantity) == (SELL, 30_000)
    assert (bought.taker_side, bought.quantity, bought.price) == (BUY, 25_000, 55)
    assert bought.ts_ns == 1_700_000_000 * 10**9


def test_a_trade_between_two_ticks_is_rounded() -> None:
    row = {"id": 1, "create_time_ms": "1631824310261.896", "side": "buy", "amount": "0.00052",
           "currency_pair": "BTC_USDT", "price": "47395.009"}  # fmt: skip
    (trade,) = market().read(frame("spot.trades", row))
    assert isinstance(trade, Trade)
    assert (trade.price, trade.quantity) == (4_739_501, 52_000)


def test_marks_and_when_funding_comes() -> None:
    row = {"contract": "BTC_USDT", "mark_price": "100.123", "index_price": "", "last": "1",
           "funding_rate": "-0.000114"}  # fmt: skip
    told = market()
    mark, funding = told.read(frame("futures.tickers", [row]))
    assert isinstance(mark, Mark)
    assert isinstance(funding, FundingRate)
    assert (mark.mark, mark.index, funding.rate) == (1001, 0, -11_400)
    assert funding.next_ns == 1_700_006_400 * 10**9
    # Once it is known that it is settled each four hours, from then on.
    talk(told.listing(), [answer([]), answer([CONTRACT])])
    _, funding = told.read(frame("futures.tickers", [row], 1_700_010_000_000))
    assert isinstance(funding, FundingRate)
    assert funding.next_ns == (1_700_006_400 + 14_400) * 10**9


def candle(start: int, close: str, **how: Any) -> bytes:
    row = {"t": start, "v": "7", "c": close, "h": "9", "l": "1", "o": "2", "n": "1m_BTC_USDT"} | how
    return frame("futures.candlesticks", [row])


def test_bars_are_told_once_when_their_window_closed() -> None:
    told = market()
    assert told.read(candle(1_700_000_040, "3", w=False)) == []
    (bar,) = told.read(candle(1_700_000_040, "4", w=True))
    assert isinstance(bar, BarClosed)
    assert (bar.ts_ns, bar.bar.close, bar.bar.volume) == (1_700_000_100 * 10**9, 40, 70_000)
    # Where the venue does not say, the next one closes it.
    assert told.read(candle(1_700_000_100, "5")) == []
    (bar,) = told.read(candle(1_700_000_160, "6"))
    assert isinstance(bar, BarClosed)
    assert (bar.ts_ns, bar.bar.close) == (1_700_000_160 * 10**9, 50)


# --- books ---------------------------------------------------------------------------------------


def change(first: int, last: int, *, snapshot: bool = False) -> BookChange:
    return BookChange(
        ts_ns=0, instrument=0, bids=((1, last),), asks=(), first=first, last=last,
        snapshot=snapshot,
    )  # fmt: skip


@given(
    spans=st.lists(st.integers(1, 5), min_size=2, max_size=30),
    state_at=st.integers(0, 29),
    data=st.data(),
)
def test_a_book_is_whole_or_says_that_it_is_not(
    spans: list[int], state_at: int, data: st.DataObject
) -> None:
    """Contiguous changes are all told after their state; one that is left out is missed."""
    changes, number = [], 0
    for span in spans:
        changes.append(change(number + 1, number + span))
        number += span
    state = changes[min(state_at, len(changes) - 1)].last
    book = GateBook()
    for one in changes:
        assert book.take(one) == ()
    told = book.take(change(state, state, snapshot=True))
    assert not isinstance(told, str)
    assert [depth.bids[0][1] for depth in told] == [state] + [
        one.last for one in changes if one.last > state
    ]
    more = [change(number + k, number + k) for k in range(1, 6)]
    left_out = data.draw(st.integers(0, 3))
    heard = [book.take(one) for k, one in enumerate(more) if k != left_out]
    assert isinstance(heard[left_out], str)
    book.reset()
    assert book.take(more[-1]) == ()


def test_a_state_older_than_what_was_kept_is_refused() -> None:
    book = GateBook()
    book.take(change(10, 12))
    assert isinstance(book.take(change(8, 8, snapshot=True)), str)


def test_a_whole_frame_replaces_everything() -> None:
    book = GateBook()
    book.take(change(5, 5, snapshot=True))
    told = book.take(change(100, 104, snapshot=True))
    assert not isinstance(told, str)
    assert [depth.snapshot for depth in told] == [True]
    assert isinstance(book.take(change(106, 106)), str)
