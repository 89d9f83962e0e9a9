"""A book's state as bytes, and back.

Rule 1: what is kept is everything the next step reads: records, seats, their strategies' records.
Rule 2: a plain strategy's state is its attributes, if they are plain values; where they are not,
there is no snapshot and the book is rebuilt from its first event.
Rule 3: a snapshot of another layout is refused: the book is rebuilt from its events instead.
"""

from collections import deque
from decimal import Decimal
from typing import Any, Final

import msgspec
import numpy as np

from steelyard.kernel.kernel import CompiledSeat, Kernel, PlainSeat
from steelyard.model.events import Seated
from steelyard.model.instruments import Instrument
from steelyard.model.records import BOOK, LIMITS, ORDER, PLANE, POSITION, ROBOT

_TABLES: Final = (
    "head", "robots", "markets", "terms", "positions", "balances", "orders", "limits",
)  # fmt: skip
LAYOUT: Final = tuple(
    layout.itemsize for layout in (BOOK, ROBOT, PLANE, POSITION, ORDER, LIMITS)
)  # fmt: skip


class SeatKept(msgspec.Struct, frozen=True):
    """One seat: a compiled strategy's records, or a plain one's attributes."""

    seated: Seated
    layout: int = 0
    params: bytes = b""
    state: bytes = b""
    cells: bytes = b""
    started: bool = True
    attributes: bytes = b""


class BookKept(msgspec.Struct, frozen=True):
    """A whole book."""

    layout: tuple[int, ...]
    instruments: tuple[Instrument, ...]
    tables: dict[str, bytes]
    seats: tuple[SeatKept, ...]


_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(BookKept)


def keep(kernel: Kernel) -> bytes | None:
    """Return the kernel's state, or None where a plain strategy holds what cannot be kept."""
    if kernel.failed:
        return None
    seats = []
    for robot, seated in sorted(kernel.taken.events.items()):
        seat = kernel.taken.seats[robot]
        if isinstance(seat, CompiledSeat):
            own = seat.prepared
            seats.append(
                SeatKept(
                    seated=seated,
                    layout=seat.layout,
                    params=own.params.tobytes(),
                    state=own.state.tobytes(),
                    cells=own.cells.tobytes(),
                )
            )
            continue
        caller = kernel.caller(robot)
        assert caller is not None
        try:
            attributes = msgspec.msgpack.encode(
                {name: _plain(value) for name, value in vars(seat.strategy).items()}
            )
        except TypeError:
            return None
        seats.append(SeatKept(seated=seated, started=caller.started, attributes=attributes))
    book = kernel.book
    return _encoder.encode(
        BookKept(
            layout=LAYOUT,
            instruments=tuple(book.instruments),
            tables={name: getattr(book, name).tobytes() for name in _TABLES},
            seats=tuple(seats),
        )
    )


def restore(kernel: Kernel, blob: bytes) -> bool:
    """Fill a fresh kernel of the same capacity; False where the snapshot does not fit this code."""
    kept = _decoder.decode(blob)
    book = kernel.book
    sizes = {name: getattr(book, name).nbytes for name in _TABLES}
    if kept.layout != LAYOUT or any(len(kept.tables[n]) != sizes[n] for n in _TABLES):
        return False
    book.instruments[:] = kept.instruments
    for name in _TABLES:
        _fill(getattr(book, name), kept.tables[name])
    assert kernel.make_seat is not None
    for one in kept.seats:
        seat = kernel.make_seat(one.seated, book)
        if isinstance(seat, CompiledSeat) and not _fill_seat(seat, one):
            return False
        kernel.taken.events[one.seated.robot] = one.seated
        kernel.seat(one.seated.robot, seat)
        if isinstance(seat, PlainSeat):
            for name, value in msgspec.msgpack.decode(one.attributes).items():
                setattr(seat.strategy, name, _back(value))
            caller = kernel.caller(one.seated.robot)
            assert caller is not None
            caller.started = one.started
    # Taking a seat asks to be woken by everything; the records say what was asked for last.
    for name in _TABLES:
        _fill(getattr(book, name), kept.tables[name])
    return True


def _fill_seat(seat: CompiledSeat, one: SeatKept) -> bool:
    own = seat.prepared
    for array, data in ((own.params, one.params), (own.state, one.state), (own.cells, one.cells)):
        if one.layout != seat.layout or array.nbytes != len(data):
            return False
        _fill(array, data)
    return True


def _fill(array: np.ndarray, data: bytes) -> None:
    array.view(np.uint8).reshape(-1)[:] = np.frombuffer(data, dtype=np.uint8)


def _plain(value: Any) -> Any:
    """Turn plain values into what msgpack holds without losing their type."""
    match value:
        case None | bool() | int() | float() | str() | bytes():
            return value
        case Decimal():
            return {"is": "decimal", "of": str(value)}
        case dict():
            return {"is": "dict", "of": [[_plain(k), _plain(v)] for k, v in value.items()]}
        case deque():
            return {"is": "deque", "of": [_plain(v) for v in value], "room": value.maxlen}
        case tuple() | list() | set():
            # A set's order differs between processes; sorting makes the bytes the same.
            members = sorted(value) if isinstance(value, set) else value
            return {"is": type(value).__name__, "of": [_plain(v) for v in members]}
    raise TypeError(f"{type(value).__name__} is no plain value")


def _back(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    of = value["of"]
    match value["is"]:
        case "decimal":
            return Decimal(of)
        case "dict":
            return {_back(k): _back(v) for k, v in of}
        case "deque":
            return deque((_back(v) for v in of), maxlen=value["room"])
        case "tuple":
            return tuple(_back(v) for v in of)
        case "set":
            return {_back(v) for v in of}
    return [_back(v) for v in of]
