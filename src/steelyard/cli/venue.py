"""`steelyard venue`: what a venue's bytes mean, and how a request to it is signed.

Rule: everything goes through the functions the venue itself uses; nothing is sent anywhere.
"""

import sys
from typing import Annotated, Any, Final

import msgspec
from cyclopts import App, Parameter

from steelyard.model.errors import ConfigurationError

app = App(
    name="venue",
    help="""Read a venue's bytes and sign requests by the code that trades there.

    Examples:

    steelyard venue decode binance --rest 'GET /api/v3/depth' < answer.json

    steelyard venue decode okx --ws < frame.json

    echo '{"method": "GET", "path": "/api/v5/account/balance", "key": "…", "secret": "…",
    "passphrase": "…", "timestamp": "2020-12-08T09:08:57.715Z"}' | steelyard venue sign okx

    Exit codes: 0 done, 2 bad input (one sentence on stderr).
    """,
)

_INPUT_MAX: Final = 64 * 2**20


@app.command
def decode(
    venue: str,
    *,
    rest: str | None = None,
    ws: Annotated[bool, Parameter(name="--ws", negative="")] = False,
) -> None:
    """Read bytes on standard input as an answer or a frame of a venue; print them as JSON.

    Parameters
    ----------
    venue
        binance, okx, bitget or gate.
    rest
        The request the bytes answer, such as 'GET /api/v3/depth'.
    ws
        The bytes are one WebSocket frame.
    """
    from steelyard.app.venues import tools_of

    if (rest is None) is not ws:
        raise ConfigurationError("allowed is one of --rest 'GET /path' and --ws")
    tools = tools_of(venue)
    body = _input("the bytes to decode")
    try:
        value = tools.decode_ws(body) if rest is None else tools.decode_rest(_request(rest), body)
    except (ValueError, LookupError) as error:
        raise ConfigurationError(f"{venue} does not say it so: {error}") from None
    _print(value)


@app.command
def sign(venue: str) -> None:
    """Sign the request described on standard input; print what would be sent as JSON.

    Input: method, path, query, body, key, secret, passphrase, timestamp (as the venue spells it),
    all of them texts. Output: url (path with query), headers, body, signature. Nothing is sent.

    Parameters
    ----------
    venue
        binance, okx, bitget or gate.
    """
    from steelyard.app.venues import tools_of
    from steelyard.venues.native.tools import Unsigned

    tools = tools_of(venue)
    try:
        request = msgspec.json.decode(_input("a request as JSON"), type=Unsigned)
    except msgspec.MsgspecError as error:
        raise ConfigurationError(f"the request is not one: {error}") from None
    try:
        signed = tools.sign(request)
    except ValueError as error:
        raise ConfigurationError(f"{venue} does not sign this: {error}") from None
    _print(signed)


def _request(text: str) -> str:
    method, _, path = text.strip().partition(" ")
    if not (method.isalpha() and method.isupper() and path.strip().startswith("/")):
        raise ConfigurationError(
            f"--rest was {text!r}, allowed is a text such as 'GET /api/v3/time'"
        )
    return f"{method} {path.strip()}"


def _input(what: str) -> bytes:
    if sys.stdin.isatty():
        raise ConfigurationError(f"standard input is a terminal, allowed is {what}")
    body = sys.stdin.buffer.read(_INPUT_MAX + 1)
    if len(body) > _INPUT_MAX:
        raise ConfigurationError("standard input is too long, allowed are 64 MB")
    if not body.strip():
        raise ConfigurationError(f"standard input is empty, allowed is {what}")
    return body


def _print(value: Any) -> None:
    # Numbers beyond the decoders' own types, such as integers of numpy, print as their text.
    print(msgspec.json.encode(value, enc_hook=str).decode())
