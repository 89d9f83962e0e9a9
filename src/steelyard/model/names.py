"""Instrument names: ccxt's unified spelling inside, every spelling in use accepted on input.

`BTC/USDT` is spot, `BTC/USDT:USDT` a linear and `BTC/USD:BTC` an inverse perpetual.
"""

import re

from steelyard.model.errors import InstrumentNameError

# Longest first, so that BTCFDUSD is BTC/FDUSD and not BTCFD/USD.
QUOTES = (
    "FDUSD", "USDT", "USDC", "BUSD", "TUSD", "DAI", "USD", "EUR", "TRY", "BRL", "JPY",
    "BTC", "ETH", "BNB",
)  # fmt: skip
_UNIFIED = re.compile(r"([A-Z0-9]+)/([A-Z0-9]+)(?::([A-Z0-9]+))?", re.ASCII)
_SEPARATED = re.compile(r"([A-Z0-9]+)[-_]([A-Z0-9]+)(?:[-_]([A-Z0-9]+))?", re.ASCII)
_PERPETUAL_WORDS = frozenset({"SWAP", "PERP", "PERPETUAL", "UMCBL", "DMCBL"})
# Whole words that a venue's or a tool's file name puts behind the instrument.
_PERPETUAL_SUFFIXES = (".P", "-PERP", "_PERP", "PERP", "_UMCBL", "_DMCBL")


def unify(text: str, *, perpetual: bool = False) -> str:
    """Return the unified name for any spelling in use.

    `perpetual` says what the place of the text implies (a futures folder, a swap endpoint)
    where the spelling itself, such as `BTCUSDT`, does not.
    """
    name = text.strip().upper()
    if match := _UNIFIED.fullmatch(name):
        base, quote, settle = match.groups()
        return _join(base, quote, settle, perpetual=perpetual)
    for suffix in _PERPETUAL_SUFFIXES:
        if name.endswith(suffix) and len(name) > len(suffix):
            name, perpetual = name.removesuffix(suffix), True
            break
    if match := _SEPARATED.fullmatch(name):
        base, quote, word = match.groups()
        if word is None or word in _PERPETUAL_WORDS:
            return _join(base, quote, None, perpetual=perpetual or word is not None)
        if word in QUOTES:  # freqtrade's BTC_USDT_USDT
            return _join(base, quote, word, perpetual=True)
    elif name.isascii() and name.isalnum():
        for quote in QUOTES:
            base = name.removesuffix(quote)
            if base and base != name:
                return _join(base, quote, None, perpetual=perpetual)
    raise InstrumentNameError(
        f"instrument was {text!r}, allowed are spellings such as BTC/USDT, BTC/USDT:USDT, "
        "BTCUSDT, BTC-USDT-SWAP, BTC_USDT or BTCUSDT.P"
    )


def _join(base: str, quote: str, settle: str | None, *, perpetual: bool) -> str:
    if settle is None and perpetual:
        settle = base if quote == "USD" else quote
    return f"{base}/{quote}:{settle}" if settle else f"{base}/{quote}"
