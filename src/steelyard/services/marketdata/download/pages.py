"""Pages of public history from a venue, through ccxt.

Rule 1: a page starts behind the last row of the one before; nothing is fetched twice.
Rule 2: a network error is tried again after a pause that doubles; what the venue refuses is not.
Rule 3: a candle counts only when it is over.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeVar

from steelyard.model.errors import ConfigurationError
from steelyard.model.instruments import Kind
from steelyard.model.venue_tables import kind_of
from steelyard.store.catalog.datasets import interval_text
from steelyard.wire.clock import Clock

_MS_NS: Final = 10**6
_HOST: Final = re.compile(r"https?://[^/]+")
_HOUR_MS: Final = 3_600_000
_IDS: Final = {
    "binance": {
        Kind.SPOT: "binance",
        Kind.LINEAR: "binanceusdm",
        Kind.INVERSE: "binancecoinm",
    },
}
_TYPES: Final = {Kind.SPOT: "spot", Kind.LINEAR: "linear", Kind.INVERSE: "inverse"}
Row = list[Any]
T = TypeVar("T")


class What(StrEnum):
    """What can be downloaded."""

    BARS = "bars"
    TRADES = "trades"
    FUNDING = "funding"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A stretch of one instrument's history, [start, end)."""

    venue: str
    instrument: str
    what: What
    start_ns: int
    end_ns: int
    interval_ns: int = 60 * 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Rows and where the next page starts. Rows are [ms, numbers and text …]."""

    rows: list[Row]
    next_ms: int
    next_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How often and how long to wait for a venue that does not answer."""

    tries: int = 6
    pause_s: float = 1.0
    pause_s_max: float = 60.0


class Venue:
    """One exchange's public endpoints."""

    def __init__(
        self, wanted: Wanted, clock: Clock, *,
        base_url: str | None = None, patience: Patience | None = None, page_rows: int = 1_000,
    ) -> None:  # fmt: skip
        """Connect to nothing yet; `base_url` replaces the exchange's own host."""
        self.wanted = wanted
        self.clock = clock
        self.patience = patience or Patience()
        self.page_rows = page_rows
        self.exchange = _exchange(wanted, base_url)

    def pages(self, start_ms: int, first_id: str = "") -> Iterator[Page]:
        """Yield pages from a cursor on, until the end or until there is no more."""
        end_ms = self.wanted.end_ns // _MS_NS
        fetch = {What.BARS: self._bars, What.TRADES: self._trades, What.FUNDING: self._funding}
        self._call(self.exchange.load_markets)
        while start_ms < end_ms:
            page = fetch[self.wanted.what](start_ms, first_id)
            rows = [row for row in page.rows if row[0] < end_ms]
            if rows:
                yield Page(rows=rows, next_ms=page.next_ms, next_id=page.next_id)
            if len(rows) < len(page.rows) or page.next_ms < 0:
                return
            start_ms, first_id = page.next_ms, page.next_id

    def _bars(self, start_ms: int, first_id: str) -> Page:
        interval = interval_text(self.wanted.interval_ns)
        rows: list[Row] = self._call(
            lambda: self.exchange.fetch_ohlcv(
                self.wanted.instrument, interval, since=start_ms, limit=self.page_rows
            )
        )
        step_ms = self.wanted.interval_ns // _MS_NS
        over_ms = self.clock.now_ns() // _MS_NS - step_ms
        rows = [row for row in rows if start_ms <= row[0] <= over_ms]
        return Page(rows=rows, next_ms=int(rows[-1][0]) + step_ms if rows else -1)

    def _trades(self, start_ms: int, first_id: str) -> Page:
        by_id = bool(first_id) and self.exchange.id.startswith("binance")
        since = None if by_id else start_ms
        parameters = {"fromId": first_id} if by_id else {}
        trades: list[dict[str, Any]] = self._call(
            lambda: self.exchange.fetch_trades(
                self.wanted.instrument, since=since, limit=self.page_rows, params=parameters
            )
        )
        rows = [
            [int(one["timestamp"]), str(one["id"]), one["side"], one["price"], one["amount"]]
            for one in trades
        ]
        rows = [
            row for row in rows if row[0] >= start_ms and not _is_known(row, first_id, by_id=by_id)
        ]
        is_binance = self.exchange.id.startswith("binance")
        if not rows:
            # Asked by time, Binance answers for one hour only: an empty one is not the end.
            return Page(rows=[], next_ms=start_ms + _HOUR_MS if is_binance and not by_id else -1)
        last = rows[-1]
        if is_binance:
            return Page(rows=rows, next_ms=int(last[0]), next_id=str(int(last[1]) + 1))
        return Page(rows=rows, next_ms=int(last[0]), next_id=str(last[1]))

    def _funding(self, start_ms: int, first_id: str) -> Page:
        rates: list[dict[str, Any]] = self._call(
            lambda: self.exchange.fetch_funding_rate_history(
                self.wanted.instrument, since=start_ms, limit=self.page_rows
            )
        )
        rows = [[int(one["timestamp"]), one["fundingRate"]] for one in rates]
        rows = [row for row in rows if row[0] >= start_ms]
        return Page(rows=rows, next_ms=int(rows[-1][0]) + 1 if rows else -1)

    def _call(self, call: Callable[[], T]) -> T:
        import ccxt

        pause_s = self.patience.pause_s
        for attempt in range(1, self.patience.tries + 1):
            try:
                return call()
            except ccxt.NetworkError as error:
                if attempt == self.patience.tries:
                    raise ConfigurationError(
                        f"{self.wanted.venue} did not answer {attempt} times: {_short(error)}; "
                        "what was fetched is kept, run the same command again to go on"
                    ) from error
                self.clock.sleep_s(pause_s)
                pause_s = min(pause_s * 2, self.patience.pause_s_max)
            except ccxt.BadSymbol as error:
                raise ConfigurationError(
                    f"instrument was {self.wanted.instrument}, {self.wanted.venue} does not list it"
                ) from error
            except ccxt.BaseError as error:
                raise ConfigurationError(f"{self.wanted.venue} refused: {_short(error)}") from error
        raise AssertionError("unreachable")


def _is_known(row: Row, first_id: str, *, by_id: bool) -> bool:
    """Venues paged by time repeat the rows of the last millisecond: ids tell them apart."""
    if by_id or not first_id:
        return False
    if str(row[1]).isdigit() and first_id.isdigit():
        return int(row[1]) <= int(first_id)
    return str(row[1]) == first_id


def _exchange(wanted: Wanted, base_url: str | None) -> Any:
    try:
        import ccxt
    except ImportError as error:
        raise ConfigurationError(
            "downloading needs ccxt: install steelyard with the extra 'exchanges'"
        ) from error
    kind = kind_of(wanted.instrument)
    name = _IDS.get(wanted.venue, {}).get(kind, wanted.venue)
    if name not in ccxt.exchanges:
        raise ConfigurationError(f"venue was {wanted.venue}, allowed is an exchange ccxt knows")
    options = {"fetchMarkets": {"types": [_TYPES[kind]]}} if wanted.venue == "binance" else {}
    exchange = getattr(ccxt, name)({"enableRateLimit": base_url is None, "options": options})
    if base_url is not None:
        exchange.urls["api"] = _moved(exchange.urls["api"], base_url.rstrip("/"))
    return exchange


def _moved(urls: Any, base_url: str) -> Any:
    """Replace scheme and host in a tree of addresses, keep the paths."""
    if isinstance(urls, dict):
        return {key: _moved(value, base_url) for key, value in urls.items()}
    return _HOST.sub(base_url, urls) if isinstance(urls, str) else urls


def _short(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= 200 else text[:200] + "…"  # noqa: PLR2004 - a line's worth
