"""`steelyard exchange` in OKX's dialect, as a process of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from typing import Any

from steelyard.exchange.hall.keys import make_members
from steelyard.exchange.okx.listing import TERMS

SPOT, SWAP = "BTC/USDT", "BTC/USDT:USDT"
ACCOUNTS = 8


@contextmanager
def okx_exchange() -> Iterator[dict[str, Any]]:
    """Start it; yields addresses, that of control too, and the first account's keys."""
    process = subprocess.Popen(
        [
            sys.executable, "-m", "steelyard", "exchange", "--dialects", "okx", "--json",
            "--accounts", str(ACCOUNTS), "--seed", "1", "--port", "0",
        ],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        line = json.loads(process.stdout.readline())
        yield {**line["okx"], "control": line["control"]}
    finally:
        process.kill()
        process.communicate()


def control(told: dict[str, Any], action: str, **values: Any) -> Any:
    """Do something from outside."""
    line = HTTPConnection(told["control"].removeprefix("http://"))
    with closing(line):
        line.request("POST", f"/{action}", json.dumps(values))
        with line.getresponse() as found:
            answer = json.loads(found.read())
    assert "error" not in answer, answer
    return answer


def keys_of(account: int) -> dict[str, str]:
    """Return an account's key, as ccxt names its parts."""
    member = make_members(TERMS, ACCOUNTS, 1)[account]
    return {"apiKey": member.key, "secret": member.secret, "password": member.passphrase}
