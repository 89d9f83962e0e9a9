"""The price path all halls share, printed in each instrument's own units.

Rule 1: an instrument follows the row of its own name, else that of its base; without any it stays
at the price it was given first.
Rule 2: a price that was set by hand moves the rest of the path in proportion.
Rule 3: while the market is paused, its time stands still.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple

from steelyard.exchange.hall.hall import OpenHall
from steelyard.exchange.paper.pacing import MarketRow, Pacer
from steelyard.model.errors import ConfigurationError
from steelyard.model.history import Chunk
from steelyard.model.instruments import Instrument
from steelyard.model.kinds import BAR, BUY, QUOTE, SELL, TRADE_BUY, TRADE_SELL

_SWEEP: Final = Decimal(10_000_000)
"""What a price that was set by hand trades, in quote: whatever rests on its way is filled."""
_NEVER_NS: Final = 1_000_000_000


class Source(NamedTuple):
    """A market to be printed: its instruments, its rows, and what each base costs before them."""

    instruments: Sequence[Instrument]
    chunks: Callable[[], Iterator[Chunk]]
    first: Mapping[str, Decimal]
    loop: bool = True


class _Print(NamedTuple):
    """An instrument of a hall that follows a row, and the ratios of its units to the row's."""

    hall: OpenHall
    instrument: int
    price: Fraction
    quantity: Fraction


class Path:
    """The path in time."""

    def __init__(self, source: Source, halls: Sequence[OpenHall], *, speed: float) -> None:
        """Connect the halls to their rows."""
        self._source, self._halls = source, halls
        self._pacer = Pacer(source.chunks, speed=speed, loop=source.loop)
        self._prints: list[list[_Print]] = [[] for _ in source.instruments]
        self._scales: dict[str, Fraction] = {}
        self._last: dict[int, int] = {}
        self.paused = False
        self._paused_ns = self._paused_at = 0
        self.bases = sorted({one.base for hall in halls for one in hall.instruments})
        self.prices: dict[str, Decimal] = {}
        for hall in halls:
            for k, one in enumerate(hall.instruments):
                row = self._row_of(one)
                if row is not None:
                    self._prints[row].append(_fitted(hall, k, source.instruments[row]))
                elif one.base not in source.first:
                    raise ConfigurationError(
                        f"the market has no price of {one.base}, which {hall.terms.name} lists; "
                        f"it has {', '.join(sorted(source.first))}"
                    )

    def begin(self) -> None:
        """Print the first price of everything, so that all can be traded."""
        for base in self.bases:
            if base in self._source.first:
                self._sweep(base, self._source.first[base], Decimal(1), SELL)
            else:
                raise ConfigurationError(f"the market has no first price of {base}")

    def turn(self, elapsed_ns: int, most: int) -> int:
        """Print the rows that are due; return how many those were."""
        if self.paused:
            return 0
        rows = self._pacer.due(elapsed_ns - self._paused_ns, most)
        for row in rows:
            self._print(row)
        return len(rows)

    def wait_ns(self, elapsed_ns: int) -> int:
        """Return how long it is until a row is due, at most a second."""
        if self.paused:
            return _NEVER_NS
        wait_ns = self._pacer.wait_ns(elapsed_ns - self._paused_ns)
        return _NEVER_NS if wait_ns is None else min(wait_ns, _NEVER_NS)

    def pause(self, elapsed_ns: int, *, paused: bool) -> None:
        """Stop the path, or let it go on where it was."""
        if paused == self.paused:
            return
        self.paused = paused
        if paused:
            self._paused_at = elapsed_ns
        else:
            self._paused_ns += elapsed_ns - self._paused_at

    def set_price(self, base: str, price: Decimal, coins: Decimal | None = None) -> None:
        """Let everything of a base trade at a price now; what follows moves in proportion."""
        if base not in self.bases or price <= 0:
            raise ConfigurationError(
                f"price of {base} was {price}, allowed are prices above 0 of "
                f"{', '.join(self.bases)}"
            )
        before = self.prices.get(base)
        side = SELL if before is None or price < before else BUY
        self._sweep(base, price, coins or _SWEEP / price, side)
        if before:
            self._scales[base] = self._scales.get(base, Fraction(1)) * Fraction(price / before)

    # --- inside ----------------------------------------------------------------------------------

    def _row_of(self, instrument: Instrument) -> int | None:
        names = [one.name for one in self._source.instruments]
        bases = [one.base for one in self._source.instruments]
        if instrument.name in names:
            return names.index(instrument.name)
        return bases.index(instrument.base) if instrument.base in bases else None

    def _sweep(self, base: str, price: Decimal, coins: Decimal, side: int) -> None:
        for hall in self._halls:
            for k, one in enumerate(hall.instruments):
                if one.base == base:
                    units = int(price * 10**one.price_decimals)
                    quantity = int(coins / one.multiplier * 10**one.quantity_decimals)
                    hall.print_trade(k, units, quantity, side)
        self.prices[base] = price

    def _print(self, row: MarketRow) -> None:
        _, kind, place, a, b, c, d = row
        if kind in (TRADE_BUY, TRADE_SELL):
            self._trade(place, a, b, BUY if kind == TRADE_BUY else SELL)
        elif kind == QUOTE:
            middle = (a + c) // 2
            if a and c and middle != self._last.get(place):
                self._trade(place, middle, min(b, d), self._direction(place, middle))
        elif kind == BAR:
            for price in (a, c, b, d) if d >= a else (a, b, c, d):
                self._trade(place, price, 0, self._direction(place, price))

    def _direction(self, place: int, price: int) -> int:
        return BUY if price >= self._last.get(place, 0) else SELL

    def _trade(self, place: int, price: int, quantity: int, side: int) -> None:
        if place >= len(self._prints):
            return
        one = self._source.instruments[place]
        self._last[place] = price
        scale = self._scales.get(one.base)
        if scale is not None:
            price = price * scale.numerator // scale.denominator
        self.prices[one.base] = one.price_decimal(price)
        for of in self._prints[place]:
            of.hall.print_trade(
                of.instrument, price * of.price.numerator // of.price.denominator,
                quantity * of.quantity.numerator // of.quantity.denominator, side,
            )  # fmt: skip


def _fitted(hall: OpenHall, instrument: int, row: Instrument) -> _Print:
    one = hall.instruments[instrument]
    coins = Fraction(row.multiplier) / Fraction(one.multiplier)
    return _Print(
        hall,
        instrument,
        Fraction(10) ** (one.price_decimals - row.price_decimals),
        coins * Fraction(10) ** (one.quantity_decimals - row.quantity_decimals),
    )
