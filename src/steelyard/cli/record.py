"""`steelyard record`: a live market, kept so that a backtest runs on it."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import Parameter

from steelyard.cli.house import DEFAULT_FILE, Config, Json, NotRight, print_json
from steelyard.model.errors import ConfigurationError

if TYPE_CHECKING:
    from steelyard.app.recording import Asked
    from steelyard.venues.native.dialect import Addresses, Channel

_SECOND_NS: Final = 10**9


def record(
    venue: str,
    *instruments: str,
    channels: str = "quotes,trades",
    span: Annotated[str, Parameter(name="--for")] = "",
    to: str = "",
    environment: str = "mainnet",
    rest: tuple[str, ...] = (),
    ws: tuple[str, ...] = (),
    exchange: Annotated[str, Parameter(allow_leading_hyphen=True)] = "",
    catalog: Path | None = None,
    config: Config = DEFAULT_FILE,
    json_: Json = False,
) -> None:
    """Store the live feed of a venue in the catalog; `steelyard backtest` runs on it directly.

    Ctrl-C, or SIGTERM, ends it and keeps what was heard. Breaks of the feed are gaps of the data.
    What a recording that was killed has written goes in with the next one of the same instrument.

    Parameters
    ----------
    venue
        binance, okx, bitget, gate, any other exchange by ccxt's name, or paper.
    instruments
        BTC/USDT, BTC/USDT:USDT …; each becomes a dataset.
    channels
        quotes, trades, depth, with commas.
    span
        How long: 90s, 10m, 1h …; without it until it is interrupted.
    to
        A file that ends in .parquet, for one instrument; without it the catalog.
    environment
        mainnet or testnet.
    rest
        An address of your own, as URL or NAME=URL.
    ws
        The same for sockets.
    exchange
        A file with the line that `steelyard exchange --json` prints; - for standard input.
    catalog
        The catalog's folder.
    config
        The configuration whose paper venue is recorded.
    json_
        Print one JSON object.
    """
    from steelyard.app.recording import record as record_it
    from steelyard.services.marketdata.describing import summary
    from steelyard.store.catalog.catalog import Catalog, default_root

    asked = _asked(
        venue, instruments, channels, span, environment, _addresses(venue, rest, ws, exchange),
        config,
    )  # fmt: skip
    out = _file(to, len(asked.names))
    with _shown(quiet=json_, span_ns=asked.span_ns) as progress:
        done = record_it(asked, Catalog(catalog or default_root()), out, progress)
    datasets = [summary(one) for one in done.datasets]
    if json_:
        print_json({
            "seconds": round(done.span_ns / _SECOND_NS, 3), **done.counts, "datasets": datasets,
            "files": [str(one) for one in done.files],
        })  # fmt: skip
    else:
        _say(datasets, done.counts, [*done.files])
    if not datasets:
        raise NotRight(
            f"nothing was heard from {venue}"
            + (f": {done.last_gap}" if done.last_gap else "; the market may be quiet")
        )


def _asked(
    venue: str, instruments: tuple[str, ...], channels: str, span: str, environment: str,
    addresses: "Addresses | None", config: Path,
) -> "Asked":  # fmt: skip
    from steelyard.app.accounts import settings_of
    from steelyard.app.recording import Asked
    from steelyard.app.venues import venue_of
    from steelyard.model.names import unify
    from steelyard.services.marketdata.filenames import interval_ns_of

    if not instruments:
        raise ConfigurationError("instruments were none, allowed is one or more")
    names = tuple(dict.fromkeys(unify(one) for one in instruments))
    name = venue_of(venue)
    if name.startswith("ccxt:") and len({":" in one for one in names}) > 1:
        raise ConfigurationError("spot and perpetuals of this venue are recorded apart")
    return Asked(
        venue=name,
        names=names,
        channels=_channels(channels),
        span_ns=interval_ns_of(span) if span else 0,
        environment=environment,
        addresses=addresses,
        paper=settings_of(config) if name == "paper" else None,
    )


def _channels(text: str) -> "frozenset[Channel]":
    from steelyard.app.recording import CHANNELS
    from steelyard.venues.native.dialect import Channel

    words = [one.strip() for one in text.split(",") if one.strip()]
    odd = [one for one in words if one not in set(CHANNELS)]
    if odd or not words:
        raise ConfigurationError(
            f"channels were {text!r}, allowed are {', '.join(CHANNELS)}, with commas"
        )
    return frozenset(Channel(one) for one in words)


def _addresses(
    venue: str, rest: tuple[str, ...], ws: tuple[str, ...], exchange: str
) -> "Addresses | None":
    from steelyard.app.accounts import addresses_given, from_exchange
    from steelyard.app.venues import venue_of
    from steelyard.cli.account import text_of

    if exchange:
        if rest or ws:
            raise ConfigurationError("--exchange brings the addresses by itself")
        _, rest, ws = from_exchange(text_of(exchange), venue)
    return addresses_given(venue_of(venue), rest, ws) if rest or ws else None


def _file(to: str, count: int) -> Path | None:
    if not to:
        return None
    out = Path(to)
    if out.suffix != ".parquet" or count != 1:
        raise ConfigurationError(
            f"--to was {to!r}, allowed is a file of one instrument that ends in .parquet; without "
            "--to the catalog takes it"
        )
    if out.exists():
        raise ConfigurationError(f"--to was {to!r}, which is there already")
    return out


@contextmanager
def _shown(*, quiet: bool, span_ns: int) -> Iterator[Callable[[dict[str, int], int], None]]:
    """Show how far it is, where somebody watches."""
    if quiet or not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    with Progress(
        TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(),
        console=Console(stderr=True), transient=True,
    ) as bar:  # fmt: skip
        task = bar.add_task("listening", total=span_ns or None)

        def at(counts: dict[str, int], done_ns: int) -> None:
            text = "  ".join(f"{counts[name]:,} {name}" for name in counts if counts[name])
            bar.update(task, completed=done_ns, description=text or "listening")

        yield at


def _say(datasets: list[dict[str, Any]], counts: dict[str, int], files: list[Path]) -> None:
    from steelyard.cli.data_shown import print_datasets

    told = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
    print(f"heard {told or 'nothing'}")
    if datasets:
        print_datasets(datasets)
    for one in files:
        print(f"written to {one}")
