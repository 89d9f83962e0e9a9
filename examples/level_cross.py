"""Levels crossed: a plain strategy that sleeps between two prices.

steelyard backtest examples/level_cross.py:LevelCross --data FILE --set step=50 budget=500

It rests a buy one step below and, once bought, a sell one step above. `view.wake` names the two
prices at which it wants to be asked; between them it costs nothing.
"""

from decimal import Decimal

from steelyard.kernel.plain import Fill, Strategy, Tick, View
from steelyard.model.parameters import parameter


class LevelCross(Strategy):
    """Buys a step lower, sells a step higher, one position at a time."""

    step: Decimal = parameter(unit="quote", above=0, doc="distance to the next order")
    budget: Decimal = parameter(unit="quote", above=0, doc="worth of each buy")

    def on_start(self, view: View) -> None:
        self.distance = view.price(self.step)
        self.follow(view)

    def follow(self, view: View) -> None:
        """Rest a buy a step below and be woken when the price runs two steps away."""
        low = view.last - self.distance
        self.order = view.buy(view.quantity_for(view.money(self.budget), low), low)
        view.wake(high=view.last + self.distance)

    def on_trade(self, view: View, tick: Tick) -> None:
        if view.sellable() == 0 and view.cancel(self.order):
            view.wake()

    def on_end(self, view: View, order: int, status: object) -> None:
        self.follow(view)

    def on_fill(self, view: View, fill: Fill) -> None:
        if not fill.done:
            return
        if fill.side > 0:
            view.sell(view.sellable(), fill.price + self.distance)
            view.wake()
        else:
            self.follow(view)
