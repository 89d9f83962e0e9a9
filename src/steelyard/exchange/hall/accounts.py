"""What the hall says about accounts: whose key it is, coins, margin, positions, income.

Rule 1: amounts of an asset are Decimals in whole coins; what belongs to one instrument is integers
in its units, as in `words`.
Rule 2: every value is a snapshot.
"""

from decimal import Decimal

from msgspec import Struct

from steelyard.exchange.hall.words import Permission, Product
from steelyard.model.kinds import NET


class Member(Struct, frozen=True, kw_only=True):
    """One account and its key."""

    number: int
    user: str
    """The venue's id of the account: digits."""
    key: str
    secret: str
    passphrase: str = ""
    """Empty where the dialect has none."""
    permissions: frozenset[Permission] = frozenset({Permission.READ, Permission.TRADE})
    addresses: tuple[str, ...] = ()
    """The addresses the key is bound to; empty: to none."""


class Coin(Struct, frozen=True, kw_only=True):
    """What an account has of one asset."""

    asset: str
    total: Decimal
    locked: Decimal
    """Part of the total that open spot orders hold."""

    @property
    def free(self) -> Decimal:
        """Return what orders do not hold."""
        return self.total - self.locked


class Margin(Struct, frozen=True, kw_only=True):
    """How the wallet of perpetuals stands, all in money of the settlement asset."""

    asset: str
    wallet: Decimal
    """Without unrealised profit."""
    unrealised: Decimal
    position_margin: Decimal
    order_margin: Decimal
    maintenance: Decimal

    @property
    def equity(self) -> Decimal:
        """Return the wallet with what is unrealised."""
        return self.wallet + self.unrealised

    @property
    def available(self) -> Decimal:
        """Return what new orders may use; never below 0."""
        return max(Decimal(0), self.equity - self.position_margin - self.order_margin)


class Position(Struct, frozen=True, kw_only=True):
    """One position; prices in price units, `entry` exact as a Decimal in quote."""

    member: int
    instrument: int
    side: int
    """LONG or SHORT of a hedged account, NET (0) of a one-way account."""
    quantity: int
    """Signed: negative is short, in both modes."""
    entry: Decimal
    mark: int
    liquidation: int
    """0: none can be said, or none is needed."""
    unrealised: int
    realised: int
    """Since it was opened, fees and funding not included."""
    margin: int
    """Initial margin at the account's leverage."""
    maintenance: int
    leverage: int
    margin_mode: str
    opened_ns: int
    updated_ns: int


class Income(Struct, frozen=True, kw_only=True):
    """One entry of an account's history of money."""

    number: int
    """Rises over the whole hall."""
    kind: str
    """`funding`, `fee`, `profit`, `transfer`, `liquidation`."""
    product: Product
    instrument: int
    """EVERY where it belongs to none."""
    asset: str
    amount: Decimal
    """Positive: received."""
    ts_ns: int
    fill: int = 0
    rate: int = 0
    """Of funding, in 10^-8."""
    mark: int = 0
    quantity: int = 0
    """Signed position that funding was settled on."""
    position_side: int = NET
