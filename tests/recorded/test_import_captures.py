"""Raw WebSocket captures: every book reproduced, every gap found."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from steelyard.model import kinds as k
from steelyard.model.errors import DataError
from steelyard.model.history import Chunk, History
from steelyard.services.marketdata.importing import import_files
from steelyard.services.marketdata.opening import open_history
from steelyard.store.catalog.catalog import Catalog
from tests.recorded.market_files import market_file

RAW = [
    # file, instrument, trades, quotes (of the manifest)
    ("binance_spot/BTCUSDT-20240808.raw.txt.gz", "BTC/USDT", 9757, 28040),
    ("binance_spot/ETHUSDT-20240808.raw.txt.gz", "ETH/USDT", 6106, 24077),
    ("binance_usdm/BTCUSDT-20240808.raw.txt.gz", "BTC/USDT:USDT", 21313, 66089),
]


def whole(history: History) -> Chunk:
    (chunk,) = history.chunks()
    return chunk


def best(chunk: Chunk, until: int) -> tuple[int, int]:
    """Replay a book up to a row and return its best bid and ask."""
    bids: dict[int, int] = {}
    asks: dict[int, int] = {}
    for kind, price, quantity in zip(
        chunk.kind[:until].tolist(), chunk.a[:until].tolist(), chunk.b[:until].tolist(),
        strict=True,
    ):  # fmt: skip
        if kind == k.DEPTH_CLEAR:
            bids.clear()
            asks.clear()
        elif kind in {k.DEPTH_BID, k.DEPTH_ASK}:
            side = bids if kind == k.DEPTH_BID else asks
            if quantity:
                side[price] = quantity
            else:
                side.pop(price, None)
    return max(bids, default=0), min(asks, default=0)


@pytest.mark.parametrize("name,instrument,trades,quotes", RAW)
def test_a_raw_capture_holds_every_trade_and_quote(
    name: str, instrument: str, trades: int, quotes: int
) -> None:
    history = open_history(market_file(f"l2/{name}"))
    chunk = whole(history)

    assert history.instruments[0].name == instrument
    assert history.gaps == ()
    assert int(((chunk.kind == k.TRADE_BUY) | (chunk.kind == k.TRADE_SELL)).sum()) == trades
    assert int((chunk.kind == k.QUOTE).sum()) == quotes
    assert np.all(np.diff(chunk.ts_ns) >= 0)
    bid, ask = best(chunk, len(chunk))
    last = int(np.flatnonzero(chunk.kind == k.QUOTE)[-1])
    # the book is 100 ms behind the quotes at most
    assert bid < ask
    assert abs(bid - chunk.a[last]) < chunk.a[last] // 10_000


def test_a_missing_message_is_a_gap_and_empties_the_book(tmp_path: Path) -> None:
    path = market_file("l2/binance_spot/ETHUSDT-20240808.raw.txt.gz")
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)[:2000]
    updates = [at for at, line in enumerate(lines) if b'"depthUpdate"' in line]
    del lines[updates[20]]
    broken = tmp_path / "binance_spot" / "ETHUSDT.raw.txt.gz"
    broken.parent.mkdir()
    broken.write_bytes(gzip.compress(b"".join(lines)))

    history = open_history(broken)
    chunk = whole(history)

    assert len(history.gaps) == 1
    assert history.gaps[0].reason.startswith("depth updates ")
    depth = np.flatnonzero(
        (chunk.kind == k.DEPTH_BID) | (chunk.kind == k.DEPTH_ASK) | (chunk.kind == k.DEPTH_CLEAR)
    )
    assert chunk.kind[depth[-1]] == k.DEPTH_CLEAR  # nothing is believed after the break
    assert int((chunk.kind == k.QUOTE).sum()) > 0


def test_missing_and_repeated_trades_are_counted(tmp_path: Path) -> None:
    path = market_file("l2/binance_usdm/BTCUSDT-20240808.raw.txt.gz")
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)[:600]
    trades = [at for at, line in enumerate(lines) if b'"e":"trade"' in line]
    lines[trades[6]] = lines[trades[5]]  # one is lost, its neighbour came twice
    broken = tmp_path / "binance_usdm" / "BTCUSDT.raw.txt.gz"
    broken.parent.mkdir()
    time = lines[trades[6] - 1].split(b" ")[0]
    lines[trades[6]] = time + b" " + lines[trades[5]].split(b" ", 1)[1]
    broken.write_bytes(gzip.compress(b"".join(lines)))

    done = import_files([broken], Catalog(tmp_path / "catalog"))

    assert done.datasets[0].duplicates == 1
    assert [gap.reason for gap in done.datasets[0].gaps] == ["1 trade ids missing"]


LOGS = [
    ("binance_spot.log", ["NKN/USDT", "BLZ/ETH"]),
    ("binance_usdm.log", ["SUSHI/USDT:USDT", "AKRO/USDT:USDT"]),
    ("okx.log", ["BTC/USDT"]),
    ("bitget_spot_v1.log", ["EOS/USDT", "GOG/USDT", "AVAX/USDT", "STG/USDT"]),
    ("bitget_mix_v1.log", ["DASH/USDT:USDT"]),
    ("gate_spot.log", ["HAI/ETH", "FAST/USDT", "OMG/USDT", "INK/USDT", "DIS/USDT"]),
    (
        "gate_usdt_perp.log",
        ["OMG/USDT:USDT", "PHB/USDT:USDT", "SFP/USDT:USDT", "DIA/USDT:USDT", "LIT/USDT:USDT"],
    ),
]


@pytest.mark.parametrize("name,instruments", LOGS)
def test_a_log_of_cryptofeed_holds_its_books_without_a_gap(
    name: str, instruments: list[str]
) -> None:
    history = open_history(market_file(f"l2/cryptofeed/{name}"))
    chunk = whole(history)

    assert sorted(one.name for one in history.instruments) == sorted(instruments)
    assert history.gaps == ()
    assert {k.DEPTH_CLEAR, k.DEPTH_BID, k.DEPTH_ASK} <= history.kinds
    assert np.all(np.diff(chunk.ts_ns) >= 0)


def test_a_wrong_checksum_is_a_gap(tmp_path: Path) -> None:
    lines = market_file("l2/cryptofeed/okx.log").read_bytes().splitlines(keepends=True)
    update = b'"channel":"books","instId":"BTC-USDT"},"action":"update"'
    places = [at for at, line in enumerate(lines) if update in line]
    del lines[places[30]]
    broken = tmp_path / "okx.log"
    broken.write_bytes(b"".join(lines))

    history = open_history(broken)

    (gap,) = history.gaps
    assert gap.reason == "the book's checksum differs: messages are missing"


def test_one_instrument_of_several_can_be_chosen() -> None:
    history = open_history(market_file("l2/cryptofeed/bitget_spot_v1.log"), "AVAX/USDT")

    assert [one.name for one in history.instruments] == ["AVAX/USDT"]


@pytest.mark.parametrize("name", ["binance_spot", "binance_usdm", "gate_spot", "okx"])
def test_a_list_of_instruments_is_refused_with_the_reason(name: str) -> None:
    path = market_file(f"l2/cryptofeed/{name}.instruments.log.gz")
    with pytest.raises(DataError, match="this is a list of instruments, not market data"):
        open_history(path)


def test_a_capture_cut_in_the_middle_of_its_gzip_stream_is_refused(tmp_path: Path) -> None:
    content = market_file("l2/binance_spot/BTCUSDT-20240808.raw.txt.gz").read_bytes()
    cut = tmp_path / "BTCUSDT.raw.txt.gz"
    cut.write_bytes(content[: len(content) // 2])

    with pytest.raises(DataError, match="the gzip stream ends early: the file is truncated"):
        open_history(cut)


def test_a_capture_cut_in_the_middle_of_a_line_is_refused(tmp_path: Path) -> None:
    path = market_file("l2/binance_spot/BTCUSDT-20240808.raw.txt.gz")
    cut = tmp_path / "BTCUSDT.raw.txt"
    text = gzip.decompress(path.read_bytes())[:200_000].rstrip()
    cut.write_bytes(text)
    line = text.count(b"\n") + 1

    with pytest.raises(DataError, match=f"row {line}: the line is no whole JSON message") as error:
        open_history(cut, "BTC/USDT", venue="binance")
    assert error.value.row == line
