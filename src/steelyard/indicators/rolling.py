"""Rolling statistics for plain strategies: one push per bar, constant cost."""

from collections import deque


class Mean:
    """The mean of the last `length` values; sums integers exactly, divides last."""

    __slots__ = ("_sum", "_values", "length")

    def __init__(self, length: int) -> None:
        """Start empty."""
        self.length = length
        self._values: deque[int] = deque()
        self._sum = 0

    def push(self, value: int) -> float | None:
        """Take in a value; return the mean, None until `length` values were seen."""
        values = self._values
        values.append(value)
        self._sum += value
        if len(values) > self.length:
            self._sum -= values.popleft()
        elif len(values) < self.length:
            return None
        return self._sum / self.length
