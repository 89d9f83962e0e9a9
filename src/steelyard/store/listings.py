"""What venues listed when they were last asked, one file a venue and environment.

Rule: the order of a file is for life, new instruments go to its end; a file is written whole.
"""

from pathlib import Path

import msgspec

from steelyard.model.errors import InputError
from steelyard.model.instruments import Instrument


def read_listing(file: Path) -> tuple[Instrument, ...]:
    """Return what is written down; nothing is, where there is no file."""
    if not file.exists():
        return ()
    try:
        return msgspec.json.decode(file.read_bytes(), type=tuple[Instrument, ...])
    except msgspec.MsgspecError as error:
        raise InputError(
            f"{file} is damaged: {error}; move it away, and what is listed is asked for anew"
        ) from None


def write_listing(file: Path, instruments: tuple[Instrument, ...]) -> None:
    """Write instruments down."""
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_suffix(".tmp")
    aside.write_bytes(msgspec.json.encode(instruments))
    aside.replace(file)
