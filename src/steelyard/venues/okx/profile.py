"""What the key may do, position mode, leverage, fees; and what a person should change.

Rule 1: fees are asked for once for each kind of instrument and quote coin.
Rule 2: a permission or a mode that nobody here knows becomes a note, never a guess.
"""

from typing import Final

from steelyard.model.decimals import to_units
from steelyard.model.instruments import Kind
from steelyard.model.reports import Reply, Success, Unclear
from steelyard.model.units import RATE_DECIMALS
from steelyard.venues.native.dialect import Permission, Profile, Steps
from steelyard.venues.okx.calls import Rest, one, rows
from steelyard.venues.okx.errors import verdict
from steelyard.venues.okx.numbers import decimal_of
from steelyard.venues.okx.orders import CROSS
from steelyard.venues.okx.reports import Reports
from steelyard.venues.okx.symbols import product_of
from steelyard.venues.okx.terms import LONG_SHORT, NET_MODE
from steelyard.venues.okx.words import ConfigWord, FeeWord

_PERMISSIONS: Final = {
    "read_only": Permission.READ,
    "trade": Permission.TRADE,
    "withdraw": Permission.WITHDRAW,
}
_SPOT_ONLY: Final = "1"
_MODES: Final = {
    "1": "spot mode",
    "2": "futures mode",
    "3": "multi-currency margin mode",
    "4": "portfolio margin mode",
}


def ask(rest: Rest, reports: Reports) -> Steps:
    """Ask for the configuration, and for the fees of each kind of instrument once."""
    config = one((yield from rows(rest.get("/api/v5/account/config"), ConfigWord)), "account")
    if not isinstance(config, ConfigWord):
        return config
    fees: dict[str, tuple[int, int]] = {}
    known: dict[tuple[Kind, str], tuple[int, int]] = {}
    for instrument, symbol in zip(reports.instruments, reports.symbols, strict=True):
        key = (instrument.kind, instrument.quote)
        if key not in known:
            product = product_of(instrument)
            name = {"instId": symbol} if instrument.kind == Kind.SPOT else {
                "instFamily": symbol.removesuffix("-SWAP")
            }  # fmt: skip
            found = one((yield from rows(
                rest.get("/api/v5/account/trade-fee", instType=product, **name), FeeWord
            )), "fee rates")  # fmt: skip
            if not isinstance(found, FeeWord):
                return found
            try:
                known[key] = rates(found, instrument.kind)
            except ValueError as error:
                return Unclear(text=f"the fee rates do not read: {error}")
        fees[instrument.name] = known[key]
    return Success(value=profile_of(config, fees, reports))


def set_hedged(rest: Rest, hedged: bool) -> Steps:
    """Set the position mode."""
    mode = LONG_SHORT if hedged else NET_MODE
    answer = yield rest.post("/api/v5/account/set-position-mode", {"posMode": mode})
    return verdict(answer)


def set_leverage(
    rest: Rest, reports: Reports, instrument: int, leverage: int, *, hedged: bool, margin_mode: str
) -> Steps:
    """Set the leverage; an isolated position in long/short mode has one for each side."""
    terms = reports.instruments[instrument]
    if terms.kind == Kind.SPOT:
        return Success()
    body = {
        "instId": reports.symbols[instrument],
        "lever": str(leverage),
        "mgnMode": margin_mode,
    }
    sides = ("long", "short") if hedged and margin_mode != CROSS else ("",)
    reply: Reply = Success()
    for side in sides:
        told = {**body, "posSide": side} if side else body
        answer = yield rest.post("/api/v5/account/set-leverage", told)
        reply = verdict(answer)
        if not isinstance(reply, Success):
            return reply
    return reply


def rates(word: FeeWord, kind: Kind) -> tuple[int, int]:
    """Return (maker, taker) in 10^-8: OKX writes a charge as a negative number."""
    maker, taker = word.maker, word.taker
    if kind != Kind.SPOT and word.maker_u and word.taker_u:
        maker, taker = word.maker_u, word.taker_u
    if not maker or not taker:
        raise ValueError("no rate is told")
    return (
        to_units(-decimal_of(maker), RATE_DECIMALS, "maker rate"),
        to_units(-decimal_of(taker), RATE_DECIMALS, "taker rate"),
    )


def profile_of(config: ConfigWord, fees: dict[str, tuple[int, int]], reports: Reports) -> Profile:
    """Compose what a person is told."""
    words = [word.strip() for word in config.perm.split(",") if word.strip()]
    notes = []
    unknown = [word for word in words if word not in _PERMISSIONS]
    if unknown:
        notes.append(f"the key has permissions nobody here knows: {', '.join(unknown)}")
    swaps = any(instrument.kind != Kind.SPOT for instrument in reports.instruments)
    if swaps and config.acct_lv == _SPOT_ONLY:
        notes.append("the account is in spot mode: switch it to futures mode to trade perpetuals")
    elif config.acct_lv not in _MODES:
        notes.append(f"the account's mode is {config.acct_lv!r}, which nobody here knows")
    return Profile(
        user=config.uid,
        permissions=frozenset(_PERMISSIONS[word] for word in words if word in _PERMISSIONS),
        known=bool(words),
        hedged=config.pos_mode == LONG_SHORT,
        margin_mode="cash" if config.acct_lv == _SPOT_ONLY else "cross",
        addresses=tuple(part.strip() for part in config.ip.split(",") if part.strip()),
        fees=fees,
        notes=tuple(notes),
    )
