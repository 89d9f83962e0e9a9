"""Wallets of a hall: coins, margin, positions, and money on its way.

Rule 1: quantities, entries and cash are the engine's; what orders lock and what an account's own
leverage demands is counted here, on top of the engine's own check at the largest leverage.
Rule 2: a view that is older (`lag_ns`) shows the wallet of that moment.
Rule 3: a transfer leaves at once; with `transit_ns` it is in neither wallet until it arrives.
"""

from decimal import Decimal
from typing import Final, TypeVar

from msgspec import structs

from steelyard.exchange.hall.accounts import Coin, Income, Margin, Position
from steelyard.exchange.hall.floor import Pit
from steelyard.exchange.hall.market import MarketFloor
from steelyard.exchange.hall.news import MoneyNews
from steelyard.exchange.hall.words import (
    EVERY,
    HallOrder,
    Product,
    Refused,
    Stage,
    Why,
)
from steelyard.model.kinds import BUY, LIMIT
from steelyard.venues.paper.books import Wallet, nearest, worth

_RATE_ONE: Final = 10**8
_NONE: Final = Decimal(0)


class WalletFloor(MarketFloor):
    """A floor whose accounts have wallets."""

    # --- wallets ---------------------------------------------------------------------------------

    def coins(self, member: int, product: Product = Product.SPOT) -> tuple[Coin, ...]:
        """List the assets of a wallet."""
        pit = self.pit(product)
        if pit is None:
            return ()
        wallet = self._wallet(pit, member)
        first = self.instruments[pit.places[0]]
        locked = self._locked(member, pit)
        found = [
            Coin(
                asset=first.settle, total=first.money_decimal(wallet.cash),
                locked=locked.get(first.settle, _NONE),
            )
        ]  # fmt: skip
        for k, instrument in enumerate(pit.places):
            one = self.instruments[instrument]
            if self.products[instrument] == Product.SPOT:
                total = one.quantity_decimal(wallet.holdings[2 * k][0])
                found.append(Coin(asset=one.base, total=total, locked=locked.get(one.base, _NONE)))
        return tuple(found)

    def margin(self, member: int) -> Margin:
        """Say how the wallet of perpetuals stands."""
        pit = self.pit(Product.PERP)
        if pit is None:
            return Margin(
                asset="USDT", wallet=_NONE, unrealised=_NONE, position_margin=_NONE,
                order_margin=_NONE, maintenance=_NONE,
            )  # fmt: skip
        one = self.instruments[pit.places[0]]
        positions = self.positions(member)
        ordered = sum(self._order_margin(order.now) for order in self.own[member].open.values())
        locked = self._locked(member, pit).get(one.settle, _NONE)
        return Margin(
            asset=one.settle,
            wallet=one.money_decimal(self._wallet(pit, member).cash),
            unrealised=one.money_decimal(sum(p.unrealised for p in positions)),
            position_margin=one.money_decimal(sum(p.margin for p in positions)),
            order_margin=one.money_decimal(ordered) + locked,
            maintenance=one.money_decimal(sum(p.maintenance for p in positions)),
        )

    def positions(
        self, member: int, *, instrument: int = EVERY, flat: bool = False
    ) -> tuple[Position, ...]:
        """List positions."""
        pit = self.pit(Product.PERP)
        if pit is None:
            return ()
        wallet = self._wallet(pit, member)
        sides = (0, 1) if self.sides[member] else (0,)
        found = [
            self._position(member, place, side, *wallet.holdings[2 * k + side])
            for k, place in enumerate(pit.places)
            if self.products[place] == Product.PERP
            for side in sides
        ]
        free = wallet.cash + sum(p.unrealised - p.maintenance for p in found)
        return tuple(
            self._with_liquidation(p, free)
            for p in found
            if (flat or p.quantity) and instrument in (EVERY, p.instrument)
        )

    def transfer(self, member: int, amount: Decimal, to: Product) -> int | Refused:
        """Move money between the wallets."""
        source = self.pit(Product.SPOT if to == Product.PERP else Product.PERP)
        target = self.pit(to)
        if source is None or target is None or amount <= 0:
            return Refused(why=Why.NUMBER)
        free = (
            self.margin(member).available
            if to == Product.SPOT
            else self.coins(member, Product.SPOT)[0].free
        )
        money = int(self.instruments[source.places[0]].money(amount))
        if amount > free:
            return Refused(why=Why.FUNDS, have=int(free), need=money)
        if source is not target:
            source.exchange.pay_in(self.now_ns(), member, -money)
        self.book_income(member, "transfer", _other(to), EVERY, -amount)
        self.tell_money(member, _other(to), "transfer", (), -amount)
        if self.transit_ns:
            self.transits.append((self.now_ns() + self.transit_ns, member, amount, to))
        else:
            self._arrive(member, amount, to)
        return self.income_number

    def land(self) -> None:
        """Let transfers arrive that are due."""
        now_ns = self.now_ns()
        due = [one for one in self.transits if one[0] <= now_ns]
        self.transits = [one for one in self.transits if one[0] > now_ns]
        for _, member, amount, to in due:
            self._arrive(member, amount, to)

    def pay_in(self, member: int, amount: Decimal, product: Product) -> None:
        """Let money come from outside, or (negative) leave."""
        pit = self.pit(product)
        if pit is None:
            return
        money = int(self.instruments[pit.places[0]].money(amount))
        pit.exchange.pay_in(self.now_ns(), member, money)
        self._arrived(member, amount, product)

    def leverage(self, member: int, instrument: int) -> int:
        """Return the leverage that is set."""
        return self.leverages.get((member, instrument), self.terms.leverage)

    def margin_mode(self, member: int, instrument: int) -> str:
        """Return `cross` or `isolated`."""
        return self.modes.get((member, instrument), self.terms.margin_mode)

    def book_income(
        self, member: int, kind: str, product: Product, instrument: int, amount: Decimal, *,
        fill: int = 0, rate: int = 0, mark: int = 0, quantity: int = 0, position_side: int = 0,
        asset: str = "",
    ) -> Income:  # fmt: skip
        """Write an entry of income down."""
        self.income_number += 1
        pit = self.pit(product)
        asset = asset or (self.instruments[pit.places[0]].settle if pit else "USDT")
        income = Income(
            number=self.income_number, kind=kind, product=product, instrument=instrument,
            asset=asset, amount=amount, ts_ns=self.now_ns(), fill=fill, rate=rate, mark=mark,
            quantity=quantity, position_side=position_side,
        )  # fmt: skip
        self.own[member].income.append(income)
        return income

    def tell_money(
        self, member: int, product: Product, reason: str, instruments: tuple[int, ...],
        change: Decimal = _NONE,
    ) -> None:  # fmt: skip
        """Tell a member what became of the wallet; positions of these instruments."""
        if not self.listening.entered(member):
            return
        lag_ns, self.lag_ns = self.lag_ns, 0
        assets = {self.instruments[k].base for k in instruments}
        every = self.coins(member, product)
        coins = tuple(one for i, one in enumerate(every) if i == 0 or one.asset in assets)
        perp = product == Product.PERP
        positions = tuple(
            p for k in instruments for p in self.positions(member, instrument=k, flat=True)
        )
        news = MoneyNews(
            ts_ns=self.now_ns(), product=product, reason=reason, coins=coins,
            positions=positions if perp else (), margin=self.margin(member) if perp else None,
            change=change,
        )  # fmt: skip
        self.lag_ns = lag_ns
        self.listening.tell_member(member, product, news)

    # --- inside ----------------------------------------------------------------------------------

    def _arrive(self, member: int, amount: Decimal, to: Product) -> None:
        if self.terms.unified:
            self._arrived(member, amount, to)
        else:
            self.pay_in(member, amount, to)

    def _arrived(self, member: int, amount: Decimal, product: Product) -> None:
        self.book_income(member, "transfer", product, EVERY, amount)
        self.tell_money(member, product, "transfer", (), amount)

    def _wallet(self, pit: Pit, member: int) -> Wallet:
        exchange = pit.exchange
        if self.lag_ns:
            return exchange.clerk.books[member].wallet(self.view_ns)
        holding = exchange.engine.holding
        return Wallet(
            self.now_ns(), exchange.cash(member),
            tuple(holding(member, k, side) for k in range(len(pit.places)) for side in (0, 1)),
        )  # fmt: skip

    def _locked(self, member: int, pit: Pit) -> dict[str, Decimal]:
        locked: dict[str, Decimal] = {}
        for record in self.own[member].open.values():
            order = record.now
            k = order.instrument
            resting = order.stage == Stage.OPEN and order.type == LIMIT
            if self.products[k] != Product.SPOT or k not in pit.places or not resting:
                continue
            one = self.instruments[k]
            if order.side == BUY:
                asset, amount = one.settle, one.money_decimal(worth(one, order.price, order.left))
            else:
                asset, amount = one.base, one.quantity_decimal(order.left)
            locked[asset] = locked.get(asset, _NONE) + amount
        return locked

    def _order_margin(self, order: HallOrder) -> int:
        k = order.instrument
        if self.products[k] != Product.PERP or order.stage != Stage.OPEN or order.reduce_only:
            return 0
        if self.sides[order.member] and order.side != (1 if order.position_side == 0 else -1):
            return 0
        value = abs(worth(self.instruments[k], order.price, order.left))
        return value // self.leverage(order.member, k)

    def _position(self, member: int, k: int, side: int, quantity: int, entry: int) -> Position:
        one, mark = self.instruments[k], self.tapes[k].last
        leverage = self.leverage(member, k)
        now = worth(one, mark, quantity) if quantity else 0
        held = self.own[member].held.get((k, side))
        per = one.quantity_decimal(quantity) * one.multiplier
        return Position(
            member=member, instrument=k, side=side, quantity=quantity,
            entry=one.money_decimal(entry) / per if quantity else _NONE, mark=mark,
            liquidation=0, unrealised=now - entry if quantity else 0,
            realised=held.realised if held and quantity else 0,
            margin=-(-abs(now) // leverage),
            maintenance=self._maintenance(k, abs(now))[0], leverage=leverage,
            margin_mode=self.margin_mode(member, k), opened_ns=held.opened_ns if held else 0,
            updated_ns=held.updated_ns if held else 0,
        )  # fmt: skip

    def _maintenance(self, k: int, notional: int) -> tuple[int, int]:
        """Return the maintenance margin, each part of the notional at its rate, and the last."""
        total = below = rate = 0
        for tier in self.instruments[k].margin_tiers:
            rate = tier.maintenance_rate
            part = min(notional, tier.notional_max) - below
            if part <= 0:
                break
            total += part * rate // _RATE_ONE
            below = tier.notional_max
        return total, int(rate)

    def _with_liquidation(self, position: Position, free: int) -> Position:
        """Add the price at which the whole account has only its maintenance margin left.

        `free` is equity less maintenance: from the mark the price may go so far against it, while
        the maintenance margin goes along.
        """
        quantity, one = position.quantity, self.instruments[position.instrument]
        if not quantity or free <= 0:
            return position
        _, rate = self._maintenance(position.instrument, abs(worth(one, position.mark, quantity)))
        numerator, denominator = one.worth_ratio
        side = 1 if quantity > 0 else -1
        slope = abs(quantity) * numerator * (_RATE_ONE - side * rate)
        distance = nearest(free * denominator * _RATE_ONE, slope)
        price = position.mark - side * distance
        if price <= 0:
            return position
        return structs.replace(position, liquidation=price)


_Any = TypeVar("_Any")


def cut(found: list[_Any], limit: int, *, newest: bool) -> list[_Any]:
    """Cut a list to its first, or last, so many."""
    if not limit:
        return found
    return found[-limit:] if newest else found[:limit]


def _other(product: Product) -> Product:
    return Product.SPOT if product == Product.PERP else Product.PERP
