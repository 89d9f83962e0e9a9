"""One tree of errors, and who handles each.

    SteelyardError
    ├── InputError               cli, web: exit 2 or status 400; the message is the whole answer
    │   ├── NumberError              a number that is no plain decimal, or does not fit its unit
    │   ├── InstrumentNameError      an instrument name nobody uses
    │   ├── ConfigurationError       a parameter or a setting that is not allowed
    │   └── DataError                a file that cannot be imported: names file, row and column
    ├── OverflowHalt             nobody: the account halts, no number ever wraps
    ├── InvalidTransition        nobody: a bug, the book halts
    ├── LedgerError              nobody: an unbalanced or repeated transfer, the book halts
    └── StrategyError            kernel: the robot stops, its neighbours go on

A message says what was found, what is allowed and, where it is not plain, what to do.
Expected outcomes (a refused command, a rejected order) are values, never errors.
"""


class SteelyardError(Exception):
    """Root of the tree; `except SteelyardError` belongs to the outer rims only."""


class InputError(SteelyardError):
    """Something a person gave is not usable; nothing was done."""


class NumberError(InputError):
    """Not a plain decimal, or not representable in the unit that was asked for."""


class InstrumentNameError(InputError):
    """A text that names no instrument in any spelling in use."""


class ConfigurationError(InputError):
    """A parameter, option or file setting outside of what is allowed."""


class DataError(InputError):
    """A data file that must not enter the catalog.

    `row` counts data rows from 1 (a header is row 0); `column` is the file's own name.
    """

    def __init__(
        self, message: str, *, file: str, row: int | None = None, column: str | None = None
    ) -> None:
        """Compose the sentence: file, row and column first, then what was found."""
        place = file
        if row is not None:
            place += f", row {row}"
        if column is not None:
            place += f", column {column!r}"
        super().__init__(f"{place}: {message}")
        self.file = file
        self.row = row
        self.column = column


class OverflowHalt(SteelyardError):
    """An exact product does not fit 64 bits: the account halts rather than wrap."""


class InvalidTransition(SteelyardError):
    """An order was told something its life's table does not allow."""


class LedgerError(SteelyardError):
    """A transfer that does not balance, repeats, or names an unknown account."""


class StrategyError(SteelyardError):
    """A strategy raised; carries the robot's name and the event number."""
