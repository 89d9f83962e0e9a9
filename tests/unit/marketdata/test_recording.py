"""What a feed says becomes rows in the order it was said; gaps and kills lose nothing silently."""

from pathlib import Path

import pytest

from steelyard.kernel.ports import FeedGap
from steelyard.model import kinds as k
from steelyard.model.errors import ConfigurationError
from steelyard.model.events import Quote, Trade
from steelyard.model.history import Gap
from steelyard.model.instruments import Instrument
from steelyard.model.market import Depth
from steelyard.model.units import Nanos, Price, Quantity
from steelyard.model.venue_tables import instrument_for
from steelyard.services.marketdata.recording import Parts, Tape, keep, with_tiers
from steelyard.store.catalog.catalog import Catalog

NOW_NS = 10**18


def instrument(name: str = "BTC/USDT") -> Instrument:
    found, _ = instrument_for(name, "binance", data_price_decimals=2, data_quantity_decimals=5)
    return found


def trade(at_ns: int, price: int = 100, side: int = k.BUY) -> Trade:
    return Trade(ts_ns=Nanos(at_ns), price=Price(price), quantity=Quantity(7), taker_side=side)


def quote(at_ns: int) -> Quote:
    return Quote(
        ts_ns=Nanos(at_ns), bid=Price(99), bid_quantity=Quantity(1), ask=Price(101),
        ask_quantity=Quantity(2),
    )  # fmt: skip


def test_rows_keep_the_order_they_were_heard_in() -> None:
    tape = Tape(instrument())
    tape.hear(trade(NOW_NS), NOW_NS)
    tape.hear(quote(NOW_NS - 5), NOW_NS)  # another socket was slower
    tape.hear(trade(NOW_NS + 3, side=k.SELL), NOW_NS)
    history = tape.take()

    assert history is not None
    rows = history.table
    assert rows.kind.tolist() == [k.TRADE_BUY, k.QUOTE, k.TRADE_SELL]
    assert rows.ts_ns.tolist() == [NOW_NS, NOW_NS, NOW_NS + 3]
    assert (rows.a.tolist(), rows.d.tolist()) == ([100, 99, 100], [0, 2, 0])
    assert len(rows.e) == 0
    assert len(tape) == 0
    assert tape.take() is None


@pytest.mark.parametrize("odd_ns", [0, NOW_NS + 10**15])
def test_a_time_that_is_none_is_ours(odd_ns: int) -> None:
    tape = Tape(instrument())
    tape.hear(quote(odd_ns), NOW_NS)
    history = tape.take()

    assert history is not None
    assert history.start_ns == NOW_NS


def test_a_book_begins_clear_and_goes_on_by_levels() -> None:
    tape = Tape(instrument())
    bids, asks = ((99, 1), (98, 2)), ((101, 3),)
    tape.hear(Depth(ts_ns=Nanos(NOW_NS), bids=bids, asks=asks, snapshot=True), NOW_NS)
    tape.hear(Depth(ts_ns=Nanos(NOW_NS + 1), bids=((99, 0),), asks=()), NOW_NS)
    history = tape.take()

    assert history is not None
    kinds = [k.DEPTH_CLEAR, k.DEPTH_BID, k.DEPTH_BID, k.DEPTH_ASK, k.DEPTH_BID]
    assert history.table.kind.tolist() == kinds
    assert history.table.a.tolist() == [0, 99, 98, 101, 99]
    assert history.table.b.tolist() == [0, 1, 2, 3, 0]
    assert tape.counts["depth"] == 2


def test_a_gap_lasts_from_the_last_row_to_the_next() -> None:
    tape = Tape(instrument())
    tape.hear(FeedGap(ts_ns=NOW_NS, reason="not yet"), NOW_NS)
    tape.hear(trade(NOW_NS), NOW_NS)
    tape.hear(FeedGap(ts_ns=NOW_NS + 1, reason="cut"), NOW_NS)
    tape.hear(FeedGap(ts_ns=NOW_NS + 2, reason="again"), NOW_NS)
    tape.hear(trade(NOW_NS + 9), NOW_NS)
    tape.hear(FeedGap(ts_ns=NOW_NS + 10, reason="end"), NOW_NS)
    history = tape.take(end_ns=NOW_NS + 20)

    assert history is not None
    assert history.gaps == (
        Gap(after_ns=NOW_NS, before_ns=NOW_NS + 9, reason="the feed broke: cut"),
        Gap(after_ns=NOW_NS + 9, before_ns=NOW_NS + 20, reason="the feed broke: end"),
    )
    assert tape.counts["gaps"] == 4


def written(root: Path, at_ns: int, *, close: bool = True) -> Parts:
    tape, parts = Tape(instrument()), Parts(root, instrument())
    tape.hear(trade(at_ns), at_ns)
    tape.hear(quote(at_ns + 1), at_ns)
    history = tape.take()
    assert history is not None
    parts.write(history)
    if close:
        parts.close()
    return parts


def test_what_a_killed_recording_left_goes_in_with_the_next(tmp_path: Path) -> None:
    written(tmp_path, NOW_NS)
    parts = written(tmp_path, NOW_NS + 10, close=False)
    history = parts.whole()

    assert history is not None
    assert history.table.ts_ns.tolist() == [NOW_NS, NOW_NS + 1, NOW_NS + 10, NOW_NS + 11]
    assert history.gaps == (
        Gap(after_ns=NOW_NS + 1, before_ns=NOW_NS + 10, reason="the recording was killed"),
    )
    dataset, file = keep(history, Catalog(tmp_path), None)
    parts.remove()
    parts.close()
    assert (dataset.name, dataset.rows, file) == ("binance/BTC-USDT/quote-trade", 4, None)
    assert not list(tmp_path.rglob(".recording"))


def test_an_instrument_is_recorded_by_one(tmp_path: Path) -> None:
    parts = written(tmp_path, NOW_NS, close=False)

    with pytest.raises(ConfigurationError, match="being recorded already"):
        Parts(tmp_path, instrument())
    parts.close()


def test_two_recordings_are_one_dataset(tmp_path: Path) -> None:
    for at_ns in (NOW_NS, NOW_NS + 10**9):
        parts = written(tmp_path, at_ns, close=False)
        history = parts.whole()
        assert history is not None
        dataset, _ = keep(history, Catalog(tmp_path), None)
        parts.remove()
        parts.close()

    assert dataset.rows == 4
    assert dataset.gaps == (
        Gap(after_ns=NOW_NS + 1, before_ns=NOW_NS + 10**9, reason="nobody recorded"),
    )


def test_a_perpetual_gets_the_tables_tiers_where_its_listing_has_none() -> None:
    from dataclasses import replace

    whole = instrument("BTC/USDT:USDT")
    bare = replace(whole, margin_tiers=())

    assert with_tiers(bare, "binance").margin_tiers == whole.margin_tiers
    assert with_tiers(instrument(), "okx").venue == "okx"
