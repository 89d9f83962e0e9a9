"""The generic feed over real sockets: exact numbers, whole books, gaps that are told."""

import pytest

from steelyard.kernel.ports import FeedGap, PriceNews
from steelyard.model.errors import ConfigurationError
from steelyard.model.events import Quote, Trade
from steelyard.model.kinds import SELL
from steelyard.model.market import Depth
from steelyard.venues.ccxt.feed import CcxtFeed
from steelyard.venues.native.dialect import Channel
from tests.unit.venues_ccxt.conftest import Rig


class Ear:
    def __init__(self, rig: Rig, *channels: Channel) -> None:
        self.rig = rig
        self.heard: list[PriceNews] = []
        books = rig.started(rig.door(exact=False)) if Channel.DEPTH in channels else None
        self.feed = CcxtFeed(rig.started(rig.door()), frozenset(channels), books)
        self.feed.listen(self.heard.append)

    def say(self, frame: dict[str, object], kind: type) -> None:
        """Say a frame until it was heard: nobody sees when a subscription stands."""
        before = len(self.of(kind))

        def came() -> bool:
            self.rig.loop.create_task(self.rig.server.say(frame))
            return len(self.of(kind)) > before

        self.rig.wait(came)

    def of(self, kind: type) -> list[PriceNews]:
        return [one for one in self.heard if isinstance(one, kind)]


def test_quotes_and_trades_are_exact(rig: Rig) -> None:
    ear = Ear(rig, Channel.QUOTES, Channel.TRADES)
    quote = {"u": 1, "s": "BTCUSDT", "b": "67890.11", "B": "0.00003", "a": "67890.12", "A": "7.1"}
    trade = {
        "e": "trade", "E": 1_700_000_000_123, "s": "BTCUSDT", "t": 9, "p": "67890.13",
        "q": "0.10007", "T": 1_700_000_000_122, "m": True,
    }  # fmt: skip
    ear.say(quote, Quote)
    ear.say(trade, Trade)

    (told,) = ear.of(Quote)  # said often, told once: nothing changed
    first = ear.of(Trade)[0]
    assert isinstance(told, Quote)
    assert isinstance(first, Trade)
    assert (told.bid, told.bid_quantity) == (6_789_011, 3_000)
    assert (told.ask, told.ask_quantity) == (6_789_012, 710_000_000)
    assert (first.price, first.quantity, first.taker_side) == (6_789_013, 10_007_000, SELL)
    assert first.ts_ns == 1_700_000_000_122 * 10**6
    ear.feed.close()


def test_a_stream_that_breaks_is_a_gap_and_comes_back(rig: Rig) -> None:
    ear = Ear(rig, Channel.QUOTES)
    quote = {"u": 1, "s": "BTCUSDT", "b": "100.01", "B": "1", "a": "100.02", "A": "1"}
    ear.say(quote, Quote)

    rig.loop.run_until_complete(rig.server.cut())
    rig.wait(lambda: bool(ear.of(FeedGap)))
    ear.say(quote, Quote)

    (gap, *_) = ear.of(FeedGap)
    assert isinstance(gap, FeedGap)
    assert gap.instrument == 0
    assert len(ear.of(Quote)) == 2
    ear.feed.close()


def test_a_number_finer_than_the_instrument_is_no_price(rig: Rig) -> None:
    ear = Ear(rig, Channel.QUOTES)
    odd = {"u": 1, "s": "BTCUSDT", "b": "100.001", "B": "1", "a": "100.02", "A": "1"}
    ear.say(odd, FeedGap)

    assert ear.of(Quote) == []
    ear.feed.close()


def test_a_book_is_told_whole(rig: Rig) -> None:
    ear = Ear(rig, Channel.DEPTH)
    change = {
        "e": "depthUpdate", "E": 1_700_000_000_123, "s": "BTCUSDT", "U": 101, "u": 102,
        "b": [["99.99", "0.1"], ["99.98", "0.0"]], "a": [["100.02", "0.30001"]],
    }  # fmt: skip

    def came() -> bool:  # a change may come before ccxt has its snapshot, and is old then
        rig.loop.create_task(rig.server.say(change))
        return any(isinstance(one, Depth) and one.bids[0][0] == 9_999 for one in ear.heard)

    rig.wait(came)
    book = ear.of(Depth)[-1]
    assert isinstance(book, Depth)
    assert book.snapshot
    assert book.bids == ((9_999, 10_000_000), (9_997, 200_000_000))
    assert book.asks == ((10_002, 30_001_000), (10_003, 100_000_000))
    ear.feed.close()


def test_what_ccxt_has_no_stream_for_is_refused(rig: Rig) -> None:
    with pytest.raises(ConfigurationError, match="there are depth, quotes, trades"):
        CcxtFeed(rig.door(), frozenset({Channel.FUNDING}))
    with pytest.raises(ConfigurationError, match="second door"):
        CcxtFeed(rig.door(), frozenset({Channel.DEPTH}))
