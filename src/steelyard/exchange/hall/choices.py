"""What an account has chosen, what it has earned, and the keys by which it listens.

Rule 1: all positions are cross: an isolated margin mode is a note that is told back.
Rule 2: the position mode changes only without positions and orders in perpetuals.
"""

from typing import Final

from steelyard.exchange.hall.accounts import Income, Member
from steelyard.exchange.hall.floor import LEVERAGE_MAX
from steelyard.exchange.hall.news import KeyExpired, SettingNews
from steelyard.exchange.hall.wallets import WalletFloor, cut
from steelyard.exchange.hall.words import EVERY, Product, Refused, Why
from steelyard.model.reports import Success

MODES: Final = ("cross", "isolated")


class AccountFloor(WalletFloor):
    """A floor whose accounts make their choices."""

    def set_leverage(self, member: int, instrument: int, leverage: int) -> int | Refused:
        """Set it."""
        most = self.instruments[instrument].margin_tiers
        allowed = max((tier.leverage_max for tier in most), default=LEVERAGE_MAX)
        if not 1 <= leverage <= min(allowed, LEVERAGE_MAX):
            return Refused(why=Why.LEVERAGE, have=leverage, need=allowed)
        before = self.leverage(member, instrument)
        self.leverages[member, instrument] = leverage
        margin = self.margin(member)
        if leverage < before and margin.equity < margin.position_margin + margin.order_margin:
            self.leverages[member, instrument] = before
            return Refused(why=Why.MARGIN)
        self._tell_setting(member, "leverage", instrument, str(leverage))
        return leverage

    def set_margin_mode(self, member: int, instrument: int, mode: str) -> str | Refused:
        """Set it."""
        if mode not in MODES:
            return Refused(why=Why.MODE)
        if mode == self.margin_mode(member, instrument):
            return Refused(why=Why.SAME)
        if any(one.now.instrument == instrument for one in self.own[member].open.values()):
            return Refused(why=Why.ORDERS)
        if self.positions(member, instrument=instrument):
            return Refused(why=Why.POSITIONS)
        self.modes[member, instrument] = mode
        self._tell_setting(member, "margin_mode", instrument, mode)
        return mode

    def hedged(self, member: int) -> bool:
        """Say whether the account's positions have two sides."""
        return self.sides[member]

    def set_hedged(self, member: int, hedged: bool) -> bool | Refused:
        """Set the position mode."""
        if hedged == self.sides[member]:
            return Refused(why=Why.SAME)
        perps = [
            one
            for one in self.own[member].open.values()
            if self.products[one.now.instrument] == Product.PERP
        ]
        if perps:
            return Refused(why=Why.ORDERS, have=len(perps))
        if self.positions(member):
            return Refused(why=Why.POSITIONS)
        pit = self.pit(Product.PERP)
        if pit is None:
            return Refused(why=Why.NO_INSTRUMENT)
        book = pit.exchange.clerk.books[member]
        # Spot orders of a unified account are no reason to refuse: only this engine thinks so.
        others, book.open = book.open, {}
        taken = pit.exchange.set_mode(member, hedged=hedged)
        book.open = others
        if not isinstance(taken, Success):
            return Refused(why=Why.POSITIONS)
        self.sides[member] = hedged
        self._tell_setting(member, "hedged", EVERY, str(hedged).lower())
        return hedged

    def fees(self, member: int, instrument: int) -> tuple[int, int]:
        """Return (maker, taker) rates."""
        fees = self.instruments[instrument].fees
        return int(fees.maker), int(fees.taker)

    def income(
        self, member: int, *, kind: str = "", product: Product | None = None,
        instrument: int = EVERY, from_ns: int = 0, to_ns: int = 0, after: int = 0,
        before: int = 0, limit: int = 0, newest: bool = False,
    ) -> tuple[Income, ...]:  # fmt: skip
        """List income."""
        to_ns = min(to_ns or self.view_ns, self.view_ns)
        found = [
            one
            for one in self.own[member].income
            if (not kind or one.kind == kind)
            and product in (None, one.product)
            and instrument in (EVERY, one.instrument)
            and from_ns <= one.ts_ns <= to_ns
            and one.number > after
            and (not before or one.number < before)
        ]
        return tuple(cut(found, limit, newest=newest))

    # --- listen keys -----------------------------------------------------------------------------

    def listen_key(self, member: int, product: Product) -> str:
        """Return the member's listen key."""
        return self.listen_keys.give(member, product, self.now_ns())

    def keep_key(self, key: str) -> bool:
        """Let its time begin anew."""
        return self.listen_keys.keep(key, self.now_ns())

    def drop_key(self, key: str) -> bool:
        """End it."""
        owner = self.listen_keys.drop(key)
        if owner is None:
            return False
        news = KeyExpired(ts_ns=self.now_ns(), key=key)
        self.listening.tell_member(owner[0], owner[1], news)
        return True

    def key_owner(self, key: str) -> tuple[Member, Product] | None:
        """Return whose listen key it is."""
        owner = self.listen_keys.owner(key, self.now_ns())
        return (self.members[owner[0]], owner[1]) if owner else None

    # --- inside ----------------------------------------------------------------------------------

    def _tell_setting(self, member: int, what: str, instrument: int, value: str) -> None:
        news = SettingNews(ts_ns=self.now_ns(), what=what, instrument=instrument, value=value)
        self.listening.tell_member(member, Product.PERP, news)
