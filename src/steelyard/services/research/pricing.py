"""A history whose instruments cost what the person says, not what the venue's schedule says."""

from collections.abc import Iterator
from dataclasses import replace

from steelyard.model.history import Assumption, Chunk, Gap, History
from steelyard.model.instruments import Fees, Instrument


class PricedHistory:
    """The same rows; the first instrument's fees are `fees`, for the venue and the strategy."""

    def __init__(self, history: History, fees: Fees) -> None:
        """Look at `history` with other fees."""
        self.history = history
        first, *others = history.instruments
        self.instruments: tuple[Instrument, ...] = (replace(first, fees=fees), *others)
        self.rows, self.kinds = history.rows, history.kinds
        self.start_ns, self.end_ns = history.start_ns, history.end_ns
        self.gaps: tuple[Gap, ...] = history.gaps
        self.assumptions: tuple[Assumption, ...] = history.assumptions

    def chunks(self) -> Iterator[Chunk]:
        """Yield the rows in order."""
        return self.history.chunks()
