"""What the key may do, position mode, leverage, fees.

Rule 1: Gate does not tell what a key may do: `known` is False, and a note says what to check.
Rule 2: a setting is read before it is changed: one that stands already is Success without a change.
Rule 3: whether one wallet is for all (a unified account) is asked once and remembered.
Rule 4: leverage is set in the margin mode that the position is in: 0 stands for cross, with its own
limit beside it. A change of leverage never changes the mode.
"""

from typing import Any, Final

from steelyard.model.instruments import Instrument
from steelyard.model.reports import Fault, Refusal, Reply, Success
from steelyard.model.units import RATE_DECIMALS
from steelyard.venues.gate import words
from steelyard.venues.gate.calls import Ask, Caller, Halt, ask, pages
from steelyard.venues.gate.finding import PERP
from steelyard.venues.gate.standing import PERP_ACCOUNT, POSITIONS, is_hedged
from steelyard.venues.gate.symbols import Symbols
from steelyard.venues.gate.terms import POSITIONS_PAGE
from steelyard.venues.native.dialect import Permission, Profile
from steelyard.venues.native.numbers import nearest

DETAIL: Final = words.decoder(words.Detail)
RATES: Final = words.decoder(words.Rates)
CONTRACT_RATES: Final = words.decoder(dict[str, words.ContractRates])
POSITION: Final = words.decoder(words.Position | list[words.Position])
_UNIFIED_MODE: Final = 2

_NOTE: Final = (
    "Gate does not tell what a key may do: check on its site that this one may trade and may not"
    " withdraw."
)
_UNBOUND: Final = "The key is bound to no address: bind it to the addresses of this machine."


class Settings:
    """Reads and changes the settings of one account."""

    def __init__(self, caller: Caller, symbols: Symbols) -> None:
        """Share the account's parts."""
        self._caller, self._symbols = caller, symbols
        self._unified: bool | None = None

    def user(self) -> Ask[str]:
        """Ask for the account's number."""
        detail = yield from self._detail()
        return str(detail.user_id)

    def is_unified(self) -> Ask[bool]:
        """Say whether one wallet is for coins and contracts, asking where nobody knows yet."""
        if self._unified is None:
            yield from self._detail()
        return bool(self._unified)

    def profile(self) -> Ask[Reply]:
        """Ask what the key may do and how the account stands: Success(Profile)."""
        detail = yield from self._detail()
        addresses = tuple(detail.ip_whitelist or ())
        notes = [_NOTE] if addresses else [_NOTE, _UNBOUND]
        rates = yield from self._ask("/wallet/fee", RATES)
        hedged, margin_mode = False, "cash"
        contracts: dict[str, words.ContractRates] = {}
        if self._symbols.perp:
            hedged = is_hedged((yield from self._ask(f"{PERP}/accounts", PERP_ACCOUNT)))
            margin_mode = yield from self._margin_mode()
            contracts = yield from self._ask(f"{PERP}/fee", CONTRACT_RATES)
        value = Profile(
            user=str(detail.user_id),
            permissions=frozenset({Permission.READ, Permission.TRADE}),
            known=False,
            hedged=hedged,
            margin_mode=margin_mode,
            addresses=addresses,
            fees={
                instrument.name: self._fees(instrument, place, rates, contracts)
                for place, instrument in enumerate(self._symbols.instruments)
            },
            notes=tuple(notes),
        )
        return Success(value=value)

    def set_hedged(self, hedged: bool) -> Ask[Reply]:
        """Set the position mode; coins alone have none."""
        if not self._symbols.perp:
            return Refusal(fault=Fault.MODE, text="coins have no sides") if hedged else Success()
        account = yield from self._ask(f"{PERP}/accounts", PERP_ACCOUNT)
        if is_hedged(account) == hedged:
            return Success()
        word = "true" if hedged else "false"
        call = self._caller.change("POST", f"{PERP}/dual_mode", query={"dual_mode": word})
        try:
            yield from ask(call, PERP_ACCOUNT, self._caller.now_ns)
        except Halt as halt:
            return _unless_unchanged(halt)
        return Success()

    def set_leverage(self, place: int, leverage: int, *, hedged: bool) -> Ask[Reply]:
        """Set the leverage of a contract."""
        if self._symbols.is_spot(place):
            return Refusal(fault=Fault.MODE, text="coins have no leverage")
        symbol = self._symbols.texts[place]
        where = f"{PERP}/dual_comp/positions" if hedged else f"{PERP}/positions"
        isolated = False
        try:
            found = yield from self._ask(f"{where}/{symbol}", POSITION)
            rows = found if isinstance(found, list) else [found]
            isolated = any(row.leverage for row in rows)
            told = [row.leverage if isolated else row.cross_leverage_limit for row in rows]
            if told and all(value == leverage for value in told):
                return Success()
        except Halt as halt:
            # A contract that was never traded has no position to read, and is set all the same.
            if not isinstance(halt.reply, Refusal) or halt.reply.fault != Fault.REDUCE_ONLY:
                raise
        query: dict[str, Any] = {"leverage": leverage}
        if not isolated:
            query = {"cross_leverage_limit": leverage, "leverage": 0}
        call = self._caller.change("POST", f"{where}/{symbol}/leverage", query=query)
        try:
            yield from ask(call, POSITION, self._caller.now_ns)
        except Halt as halt:
            return _unless_unchanged(halt)
        return Success()

    # --- inside ----------------------------------------------------------------------------------

    def _margin_mode(self) -> Ask[str]:
        """Return the mode of all our contracts; "": they differ, or none was ever traded."""
        rows, _ = yield from pages(
            lambda number: self._caller.read(
                f"{PERP}/positions", limit=POSITIONS_PAGE, offset=number * POSITIONS_PAGE
            ),
            POSITIONS,
            POSITIONS_PAGE,
            self._caller.now_ns,
        )
        found = {
            "isolated" if row.leverage else "cross"
            for row in rows
            if row.contract in self._symbols.perp
        }
        return found.pop() if len(found) == 1 else ""

    def _detail(self) -> Ask[words.Detail]:
        detail: words.Detail = yield from self._ask("/account/detail", DETAIL)
        self._unified = detail.key.mode == _UNIFIED_MODE
        return detail

    def _ask(self, path: str, decoder: Any) -> Ask[Any]:
        return (yield from ask(self._caller.read(path), decoder, self._caller.now_ns))

    def _fees(
        self, instrument: Instrument, place: int, rates: words.Rates,
        contracts: dict[str, words.ContractRates],
    ) -> tuple[int, int]:  # fmt: skip
        if self._symbols.is_spot(place):
            maker, taker = rates.maker_fee, rates.taker_fee
        elif own := contracts.get(self._symbols.texts[place]):
            maker, taker = own.maker_fee, own.taker_fee
        else:
            maker, taker = rates.futures_maker_fee, rates.futures_taker_fee
        return nearest(maker, RATE_DECIMALS), nearest(taker, RATE_DECIMALS)


def _unless_unchanged(halt: Halt) -> Reply:
    """Return a refusal, but Success where the venue says that nothing would change."""
    unchanged = isinstance(halt.reply, Refusal) and halt.reply.text.startswith("NO_CHANGE")
    return Success() if unchanged else halt.reply
