"""What the key may do, position mode, leverage, fees.

Rule 1: a setting that stands already is no failure.
Rule 2: what a person should change at the venue is a note.
"""

from collections.abc import Generator
from typing import Final

import msgspec

from steelyard.model.instruments import rate
from steelyard.model.reports import Refusal
from steelyard.venues.bitget import words
from steelyard.venues.bitget.calls import Caller, decoded, good
from steelyard.venues.bitget.errors import SAME
from steelyard.venues.bitget.reports import HEDGED
from steelyard.venues.bitget.symbols import MARGIN_COIN, PERPETUAL, SPOT, Symbols
from steelyard.venues.native.dialect import Call, Permission, Profile
from steelyard.wire.http import Answer

_INFO: Final = msgspec.json.Decoder(words.KeyInfo)
_WALLET: Final = msgspec.json.Decoder(words.Wallet)
_RATE: Final = msgspec.json.Decoder(words.FeeRate)
_PERMISSIONS: Final = {
    "readonly": Permission.READ, "trade": Permission.TRADE, "transfer": Permission.TRANSFER,
    "withdraw": Permission.WITHDRAW,
    # o: futures orders, p: futures holdings, s: spot; r reads, w writes.
    "coor": Permission.READ, "cpor": Permission.READ, "stor": Permission.READ,
    "coow": Permission.TRADE, "cpow": Permission.TRADE, "stow": Permission.TRADE,
    "wtor": Permission.READ, "wtow": Permission.TRANSFER, "wwow": Permission.WITHDRAW,
}  # fmt: skip
_MARGIN: Final = {"crossed": "cross", "isolated": "isolated"}


class Settings:
    """Asks for and changes the settings of one account."""

    def __init__(self, caller: Caller, symbols: Symbols) -> None:
        """Both are the account's."""
        self._caller, self._symbols = caller, symbols
        self._perpetuals = symbols.of(PERPETUAL)

    def profile(self) -> Generator[Call, Answer, Profile]:
        """Ask what the key may do and how the account stands."""
        info = decoded(good((yield from self._caller.get("/api/v2/spot/account/info"))), _INFO)
        may = frozenset(
            _PERMISSIONS[word] for word in info.authorities if word in _PERMISSIONS
        )  # fmt: skip
        hedged, margin_mode, union = False, "cash", False
        if self._perpetuals:
            query = {
                "symbol": self._symbols.symbols[self._perpetuals[0]],
                "productType": PERPETUAL, "marginCoin": MARGIN_COIN,
            }  # fmt: skip
            found = yield from self._caller.get("/api/v2/mix/account/account", query)
            wallet = decoded(good(found), _WALLET)
            hedged, margin_mode = wallet.pos_mode == HEDGED, _MARGIN.get(wallet.margin_mode, "")
            union = wallet.asset_mode == "union"
        fees = yield from self._fees()
        addresses = tuple(
            part.strip() for part in (info.ips or "").replace(";", ",").split(",") if part.strip()
        )
        return Profile(
            user=str(info.user_id), permissions=may, hedged=hedged, margin_mode=margin_mode,
            addresses=addresses, fees=fees, notes=_notes(may, addresses, union=union),
        )  # fmt: skip

    def _fees(self) -> Generator[Call, Answer, dict[str, tuple[int, int]]]:
        fees = {}
        for index, instrument in enumerate(self._symbols.instruments):
            business = "spot" if self._symbols.products[index] == SPOT else "mix"
            query = {"symbol": self._symbols.symbols[index], "businessType": business}
            found = yield from self._caller.get("/api/v2/common/trade-rate", query)
            word = decoded(good(found), _RATE)
            fees[instrument.name] = (int(rate(word.maker_fee_rate)), int(rate(word.taker_fee_rate)))
        return fees

    def set_hedged(self, *, hedged: bool) -> Generator[Call, Answer, None]:
        """Set the position mode; the venue takes it also where it was so already."""
        body = {"productType": PERPETUAL, "posMode": HEDGED if hedged else "one_way_mode"}
        good((yield from self._caller.post("/api/v2/mix/account/set-position-mode", body)))

    def set_leverage(self, instrument: int, leverage: int) -> Generator[Call, Answer, None]:
        """Set the leverage of both sides."""
        body = {
            "symbol": self._symbols.symbols[instrument], "productType": PERPETUAL,
            "marginCoin": MARGIN_COIN, "leverage": str(leverage),
        }  # fmt: skip
        found = yield from self._caller.post("/api/v2/mix/account/set-leverage", body)
        if isinstance(found, Refusal) and found.text[:5] in SAME:
            return
        good(found)


def _notes(
    may: frozenset[Permission], addresses: tuple[str, ...], *, union: bool
) -> tuple[str, ...]:
    notes = []
    if Permission.TRADE not in may:
        notes.append("the key may not trade: allow it futures orders or spot trading")
    if Permission.WITHDRAW in may:
        notes.append("the key may withdraw: make one that may not")
    if not addresses:
        notes.append("the key is bound to no address: bind it to this machine's")
    if union:
        notes.append(
            "the futures account is in multi-assets mode, where other coins count as margin: "
            "set it to single-asset mode"
        )
    return tuple(notes)
