"""The table of venues finds every folder, and addresses of one's own go where they belong."""

from importlib.resources import files
from typing import Final

import pytest

from steelyard.app.venues import (
    FOLDERS,
    account_class,
    addresses_of,
    checked_url,
    is_native,
    market_class,
    own_addresses,
    tools_of,
    venue_of,
)
from steelyard.model.errors import ConfigurationError

# The same job has the same name at every venue; docs/architecture.md says which.
PARTS: Final = frozenset({
    "__init__", "account", "batches", "calls", "depth", "entry", "errors", "finding", "frames",
    "hearing", "instruments", "market", "memory", "numbers", "orders", "private", "profile",
    "reports", "signing", "standing", "symbols", "terms", "tools", "trades", "words",
})  # fmt: skip


@pytest.mark.parametrize("venue", FOLDERS)
def test_every_folder_has_its_parts(venue: str) -> None:
    folder = files(f"steelyard.venues.{venue}")
    names = {each.name for each in folder.iterdir()} - {"__pycache__"}
    tools = tools_of(venue)

    assert names == {f"{part}.py" for part in PARTS}
    assert callable(tools.sign)
    assert callable(tools.decode_rest)
    assert callable(tools.decode_ws)
    assert callable(market_class(venue).listing)
    assert callable(account_class(venue).profile)
    assert addresses_of(venue, "mainnet") != addresses_of(venue, "testnet")


@pytest.mark.parametrize(
    "text,name",
    [
        ("Binance", "binance"), ("gateio", "gate"), ("okex", "okx"), ("paper", "paper"),
        ("kraken", "ccxt:kraken"), ("ccxt:binance", "ccxt:binance"), ("KRAKEN", "ccxt:kraken"),
    ],
)  # fmt: skip
def test_a_venue_has_one_name(text: str, name: str) -> None:
    assert venue_of(text) == name
    assert is_native(name) == (name in FOLDERS)


@pytest.mark.parametrize("text", ["", "nasdaq", "ccxt:", "ccxt:../x", "base"])
def test_what_is_no_venue_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="venue was"):
        venue_of(text)


@pytest.mark.parametrize("venue", FOLDERS)
def test_one_address_takes_the_place_of_all_and_paths_stay(venue: str) -> None:
    known = addresses_of(venue, "mainnet")
    own = own_addresses(venue, {"": "http://127.0.0.1:9000"}, {"": "ws://127.0.0.1:9001"})

    assert set(own.rest) == set(known.rest)
    assert set(own.ws) == set(known.ws)
    assert all(url.startswith("http://127.0.0.1:9000") for url in own.rest.values())
    for name, url in own.ws.items():
        path = known.ws[name].partition("://")[2].partition("/")[2]
        assert url == f"ws://127.0.0.1:9001/{path}".rstrip("/") or url.endswith(f"/{path}")


def test_an_address_by_name_goes_to_its_name() -> None:
    own = own_addresses(
        "okx", {"": "https://relay.example"}, {"public": "wss://relay.example/p", "": "wss://x.example"}
    )  # fmt: skip

    assert own.ws["public"] == "wss://relay.example/p"
    assert own.ws["private"].startswith("wss://x.example/")


@pytest.mark.parametrize(
    "url", ["http://example.com", "ftp://x", "https://", "https://u:p@x.com", "https://x.com?a=b"]
)
def test_an_address_that_could_leak_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError):
        checked_url(url, ("http", "https"))


def test_this_machine_may_be_reached_in_clear() -> None:
    assert checked_url("http://127.0.0.1:9", ("http", "https")) == "http://127.0.0.1:9"
