"""Unified names and what OKX calls the same.

`BTC/USDT` is BTC-USDT, `BTC/USDT:USDT` is BTC-USDT-SWAP.
"""

from typing import Final

from steelyard.model.errors import InstrumentNameError
from steelyard.model.instruments import Instrument, Kind

SPOT: Final = "SPOT"
SWAP: Final = "SWAP"
_SUFFIX: Final = "-SWAP"
_LINEAR_SETTLES: Final = frozenset({"USDT", "USDC"})


def symbol_of(instrument: Instrument) -> str:
    """Return OKX's text for an instrument. Raises InstrumentNameError: this dialect has it not."""
    if instrument.kind == Kind.SPOT:
        return f"{instrument.base}-{instrument.quote}"
    if instrument.kind == Kind.LINEAR and instrument.settle == instrument.quote:
        return f"{instrument.base}-{instrument.quote}{_SUFFIX}"
    raise InstrumentNameError(
        f"instrument was {instrument.name}, allowed here are spot and perpetuals settled in their "
        "quote"
    )


def product_of(instrument: Instrument) -> str:
    """Return OKX's `instType`."""
    return SPOT if instrument.kind == Kind.SPOT else SWAP


def name_of(symbol: str) -> str:
    """Return the unified name. Raises InstrumentNameError: another product of OKX's."""
    parts = symbol.removesuffix(_SUFFIX).split("-")
    is_swap = symbol.endswith(_SUFFIX)
    if len(parts) != 2 or not all(part.isascii() and part.isalnum() for part in parts):  # noqa: PLR2004
        raise InstrumentNameError(f"symbol was {symbol!r}, allowed are BTC-USDT and BTC-USDT-SWAP")
    base, quote = parts
    if is_swap and quote not in _LINEAR_SETTLES:
        raise InstrumentNameError(f"symbol was {symbol!r}: perpetuals here settle in USDT or USDC")
    return f"{base}/{quote}:{quote}" if is_swap else f"{base}/{quote}"
