"""Raw WebSocket captures: `<ns> <json>` lines, and cryptofeed's `<seconds>: <json>` logs.

Rule 1: every line is decoded; a line that is none, or a last line cut short, is refused.
Rule 2: the REST snapshots of a cryptofeed log lie beside it in `<name>.snapshots.log` and are
read with it, in order of time.
"""

import heapq
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import msgspec

from steelyard.model.errors import DataError
from steelyard.model.history import Assumption
from steelyard.services.marketdata.filenames import Hints
from steelyard.services.marketdata.imports.dialects import DIALECTS, Desk
from steelyard.services.marketdata.imports.series import Series
from steelyard.services.marketdata.imports.tables import first_bytes, text_bytes

_NANOS: Final = re.compile(rb"(\d{16,19}) (?=[\[{])")
_SECONDS: Final = re.compile(rb"(\d{9,10}(?:\.\d+)?): (?=[\[{])")
_REST: Final = re.compile(rb"(https?://\S+) -> (\d{9,10}(?:\.\d+)?): (?=[\[{])")
_SENT: Final = re.compile(rb"(wss?://\S+) <-?>? ?\d")
_SYMBOL: Final = re.compile(r"[?&](?:symbol|currency_pair|contract|instId)=([A-Za-z0-9_-]+)")
_HOSTS: Final = (
    (b"fstream.binance", "binance", True), (b"fapi.binance", "binance", True),
    (b"binance", "binance", False), (b"okx.com", "okx", False), (b"/mix/", "bitget", True),
    (b"bitget", "bitget", False), (b"fx-ws.gate", "gate", True), (b"/futures/", "gate", True),
    (b"gate", "gate", False),
)  # fmt: skip
_LOOKED_AT: Final = 2**20
_LISTS: Final = (b"exchangeInfo", b"/instruments", b"/currency_pairs", b"/contracts")


@dataclass(frozen=True, slots=True)
class Line:
    """One received message."""

    ts_ns: int
    number: int
    message: Any


def reads(path: Path) -> bool:
    """Say whether the file's first line is one of a capture."""
    head = first_bytes(path)
    if head.startswith((b"PAR1", b"ARROW1")) or not head:
        return False
    name = path.name.lower()
    if not name.endswith((".gz", ".log", ".txt", ".raw", ".jsonl")):
        return False
    if head.startswith(b"\x1f\x8b"):
        return ".raw" in name or ".log" in name
    with path.open("rb") as file:
        first = file.readline(4096)
    received = _NANOS.match(first) or _SECONDS.match(first) or _REST.match(first)
    return received is not None or b"<->" in first


def read(path: Path, hints: Hints) -> tuple[Series, ...]:
    """Read a capture: one series per instrument in it."""
    content = text_bytes(path, first_bytes(path))
    first = content.partition(b"\n")[0]
    if _REST.match(first) and any(word in first[:200] for word in _LISTS):
        raise DataError(
            "this is a list of instruments, not market data: filters come from the dated table",
            file=str(path), row=1,
        )  # fmt: skip
    venue, perpetual = _venue(first, content[:_LOOKED_AT], hints)
    # Only Binance's futures tell the id of the update before.
    perpetual = perpetual or (venue == "binance" and b'"pu":' in content[:_LOOKED_AT])
    desk_hints = replace(hints, perpetual=perpetual or hints.perpetual)
    desk = Desk(desk_hints, venue, hints.instrument if hints.is_asked else None)
    speak = DIALECTS[venue]
    last = None
    for line in _lines(path, content):
        try:
            speak(desk, line.ts_ns, line.number, line.message)
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            raise DataError(
                f"the message is not one of {venue}'s: {type(error).__name__} {error}",
                file=str(path), row=line.number,
            ) from error  # fmt: skip
        last = line
    return _finished(desk, path, last.ts_ns if last else 0)


def _finished(desk: Desk, path: Path, end_ns: int) -> tuple[Series, ...]:
    for numbered in desk.numbered.values():
        numbered.end(end_ns)
    for summed in desk.summed.values():
        summed.end(end_ns)
    every = {tape.hints.instrument: tape for tape in desk.tapes.values()}
    tapes = [tape for tape in every.values() if tape.ts]
    if not tapes:
        found = ", ".join(sorted(desk.skipped)) or "nothing"
        raise DataError(f"no trades, quotes or depth were found, but {found}", file=str(path))
    skipped = tuple(
        Assumption(what=f"{count} messages not used: {what}", why="no market data", penalty=0)
        for what, count in sorted(desk.skipped.items())
    )
    return tuple(tape.series(skipped) for tape in tapes)


def _lines(path: Path, content: bytes) -> Iterator[Line]:
    """Yield the messages of the capture, and of the snapshots beside it, by time."""
    beside = path.with_name(path.name.replace(".log", ".snapshots.log"))
    streams = [_decoded(str(path), content)]
    if beside != path and beside.is_file():
        streams.insert(0, _decoded(str(beside), text_bytes(beside, first_bytes(beside))))
    if len(streams) == 1:
        return streams[0]
    return heapq.merge(*streams, key=lambda line: line.ts_ns)


def _decoded(file: str, content: bytes) -> Iterator[Line]:
    decoder = msgspec.json.Decoder()
    last_ns = 0
    for number, text in enumerate(content.splitlines(), start=1):
        if not text or _SENT.match(text):
            continue
        ts_ns, symbol, body = _split(text, file, number)
        if ts_ns < last_ns:
            raise DataError("the receive time is before the line above it", file=file, row=number)
        last_ns = ts_ns
        try:
            message = decoder.decode(body)
        except msgspec.DecodeError as error:
            raise DataError(
                f"the line is no whole JSON message: the file is truncated or damaged ({error})",
                file=file, row=number,
            ) from error  # fmt: skip
        if symbol is not None and isinstance(message, dict):
            message["symbol"] = symbol
        yield Line(ts_ns, number, message)


def _split(text: bytes, file: str, number: int) -> tuple[int, str | None, memoryview]:
    if match := _NANOS.match(text):
        return int(match[1]), None, memoryview(text)[match.end() :]
    if match := _SECONDS.match(text):
        return _nanos(match[1]), None, memoryview(text)[match.end() :]
    if match := _REST.match(text):
        found = _SYMBOL.search(match[1].decode())
        return _nanos(match[2]), found[1] if found else None, memoryview(text)[match.end() :]
    raise DataError(
        "the line is no '<ns> <json>' and no '<seconds>: <json>': the file is truncated or damaged",
        file=file, row=number,
    )  # fmt: skip


def _nanos(seconds: bytes) -> int:
    whole, _, fraction = seconds.partition(b".")
    return int(whole) * 10**9 + int(fraction[:9].ljust(9, b"0") or b"0")


def _venue(first: bytes, head: bytes, hints: Hints) -> tuple[str, bool]:
    """Tell the venue from the address in the first line, the file's place, or its messages."""
    address = first[:400] if b"://" in first[:10] else b""
    for host, venue, perpetual in _HOSTS:
        if address and host in address:
            return venue, perpetual
    if hints.venue in DIALECTS:
        return hints.venue, hints.perpetual
    if any(word in head for word in (b'"stream":"', b'"lastUpdateId"')):
        return "binance", hints.perpetual
    raise DataError(
        "nothing says which venue was recorded; give it with --venue, allowed are "
        + ", ".join(DIALECTS),
        file=hints.file,
    )
