"""A moving-average crossover, as a user writes it: one class, three parameters, one handler.

steelyard backtest examples/ma_cross.py:MovingAverageCross --data FILE --set budget=1000
"""

from decimal import Decimal

from steelyard.indicators.rolling import Mean
from steelyard.kernel.plain import Bar, Strategy, View
from steelyard.model.parameters import parameter


class MovingAverageCross(Strategy):
    """Holds the instrument while the fast mean of closes is above the slow one."""

    fast: int = parameter(20, unit="bars", minimum=1, doc="length of the fast mean")
    slow: int = parameter(50, unit="bars", minimum=2, doc="length of the slow mean")
    budget: Decimal = parameter(unit="quote", above=0, doc="spent on each entry")

    def on_start(self, view: View) -> None:
        self.fast_mean, self.slow_mean = Mean(self.fast), Mean(self.slow)

    def on_bar(self, view: View, bar: Bar) -> None:
        fast, slow = self.fast_mean.push(bar.close), self.slow_mean.push(bar.close)
        if fast is None or slow is None or view.open_orders():
            return
        held = view.sellable()
        if fast > slow and held == 0:
            view.buy(view.quantity_for(view.money(self.budget), bar.close))
        elif fast < slow and held > 0:
            view.sell(held)
