"""Parameters of a request: read once, typed, refused in the venue's words.

Rule 1: a parameter that the endpoint does not have is refused (-1104), one that came twice too.
Rule 2: a number is a plain decimal; more decimals than the instrument has are refused (-1111).
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from urllib.parse import parse_qsl

from steelyard.exchange.binance.errors import Objection

ALWAYS = frozenset({"timestamp", "recvWindow", "signature", "apiKey", "returnRateLimits"})
_DECIMAL = re.compile(r"\d{1,18}(\.\d{0,18})?", re.ASCII)
_ID = re.compile(r"[.A-Z:/a-z0-9_-]{1,36}", re.ASCII)


def parse(*texts: str) -> dict[str, str]:
    """Read query strings and forms, together."""
    found: dict[str, str] = {}
    for text in texts:
        for name, value in parse_qsl(text, keep_blank_values=True):
            if name in found:
                raise Objection(400, -1101, f"Duplicate values for parameter '{name}'.")
            found[name] = value
    return found


class Fields:
    """The parameters of one request."""

    def __init__(self, values: Mapping[str, str]) -> None:
        """Hold these."""
        self.values = values

    def known(self, names: frozenset[str]) -> None:
        """Refuse what the endpoint does not read."""
        strange = [name for name in self.values if name not in names and name not in ALWAYS]
        if strange:
            read = len(self.values) - len(strange)
            raise Objection(
                400, -1104, f"Not all sent parameters were read; read '{read}' parameter(s) but "
                f"was sent '{len(self.values)}'.",
            )  # fmt: skip

    def has(self, name: str) -> bool:
        """Say whether it was sent and is not empty."""
        return bool(self.values.get(name))

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text; without a default it must be there."""
        value = self.values.get(name, "")
        if value:
            return value
        if default is None:
            raise missing(name)
        return default

    def choice(self, name: str, allowed: Mapping[str, object], code: int, text: str) -> str:
        """Return one of some words."""
        value = self.text(name)
        if value not in allowed:
            raise Objection(400, code, text)
        return value

    def whole(self, name: str, default: int | None = None, *, most: int = 2**62) -> int:
        """Return a whole number."""
        value = self.values.get(name, "")
        if not value:
            if default is None:
                raise missing(name)
            return default
        if not (value.isascii() and value.isdecimal()):
            raise Objection(
                400, -1100, f"Illegal characters found in parameter '{name}'; legal range is "
                "'^[0-9]{1,20}$'.",
            )  # fmt: skip
        return min(int(value), most)

    def amount(self, name: str, decimals: int, default: int | None = None) -> int:
        """Return a decimal in units of 10^-`decimals`."""
        value = self.values.get(name, "")
        if not value:
            if default is None:
                raise missing(name)
            return default
        if not _DECIMAL.fullmatch(value):
            raise Objection(
                400, -1100, f"Illegal characters found in parameter '{name}'; legal range is "
                "'^([0-9]{1,20})(\\.[0-9]{1,20})?$'.",
            )  # fmt: skip
        scaled = Decimal(value).scaleb(decimals)
        if scaled != scaled.to_integral_value():
            raise Objection(400, -1111, "Precision is over the maximum defined for this asset.")
        return int(scaled)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return a truth value."""
        value = self.values.get(name, "")
        if not value:
            return default
        if value.lower() not in ("true", "false"):
            raise Objection(400, -1102, f"Mandatory parameter '{name}' was malformed.")
        return value.lower() == "true"

    def client_id(self, name: str) -> str:
        """Return a client order id that fits the grammar; "": none was sent."""
        value = self.values.get(name, "")
        if value and not _ID.fullmatch(value):
            raise Objection(
                400, -1100, f"Illegal characters found in parameter '{name}'; legal range is "
                "'^[.A-Z:/a-z0-9_-]{1,36}$'.",
            )  # fmt: skip
        return value

    def when_ns(self, name: str) -> int:
        """Return a time in ns; 0: none was sent."""
        return self.whole(name, 0) * 1_000_000


def missing(name: str) -> Objection:
    """Return the error of a parameter that is not there."""
    return Objection(
        400, -1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."
    )
