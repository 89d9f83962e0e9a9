"""The private stream: subscriptions, each signed for itself, and what comes of them.

Rule 1: there is no log-in. Channels of contracts are subscribed with the account's number, which is
asked for first.
Rule 2: orders and trades become news. Balances and positions are read, so that a strange one is
noticed, and tell nothing: the account is asked for what it holds.
Rule 3: settled funding is told by the account book alone, where it has an id; told twice under two
names it would be booked twice.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from steelyard.model.reports import News
from steelyard.venues.gate import frames, words
from steelyard.venues.gate.calls import Caller
from steelyard.venues.gate.frames import FRAME, aside, decode, ping
from steelyard.venues.gate.orders import encode
from steelyard.venues.gate.reports import Reports
from steelyard.venues.gate.signing import subscription_auth
from steelyard.venues.gate.symbols import Symbols
from steelyard.venues.gate.terms import FUTURES, SPOT
from steelyard.venues.native.dialect import Addresses, Aside, Credentials, Stream

_ALL: Final = "!all"
SPOT_CHANNELS: Final = ("spot.orders", "spot.usertrades", "spot.balances", "spot.priceorders")
# A triggered order is told before the order that it becomes, if it can be helped.
PERP_CHANNELS: Final = (
    "futures.autoorders", "futures.orders", "futures.usertrades", "futures.positions",
    "futures.balances",
)  # fmt: skip
_WITHOUT_PAYLOAD: Final = frozenset({"spot.balances"})
_USER_ONLY: Final = frozenset({"futures.balances"})


class Private:
    """Writes the subscriptions of one account and reads what comes of them."""

    def __init__(
        self, addresses: Addresses, credentials: Credentials, caller: Caller, symbols: Symbols,
        reports: Reports,
    ) -> None:  # fmt: skip
        """Share the account's parts."""
        self._addresses, self._credentials = addresses, credentials
        self._caller, self._symbols = caller, symbols
        self._readers: dict[str, tuple[Any, Callable[[Any], News | None]]] = {
            "spot.orders": (words.decoder(list[words.SpotOrder]), reports.spot_order),
            "spot.usertrades": (words.decoder(list[words.SpotTrade]), reports.spot_trade),
            "spot.balances": (words.decoder(list[frames.Balance]), _nothing),
            "spot.priceorders": (
                words.decoder(frames.SpotPriceNews | list[frames.SpotPriceNews]),
                reports.spot_price_news,
            ),
            "futures.orders": (words.decoder(list[words.PerpOrder]), reports.perp_order),
            "futures.usertrades": (words.decoder(list[words.PerpTrade]), reports.perp_trade),
            "futures.positions": (words.decoder(list[words.Position]), _nothing),
            "futures.balances": (words.decoder(list[frames.Balance]), _nothing),
            "futures.autoorders": (
                words.decoder(list[words.PerpPriceOrder]),
                reports.perp_price_order,
            ),
        }

    def streams(self, user: str) -> tuple[Stream, ...]:
        """Say how the stream is opened now; `user` is needed where contracts are traded."""
        found = []
        if self._symbols.spot:
            found.append(self._stream(SPOT, SPOT_CHANNELS, ""))
        if self._symbols.perp:
            found.append(self._stream(FUTURES, PERP_CHANNELS, user))
        return tuple(found)

    def read(self, frame: bytes) -> Sequence[News | Aside]:
        """Read a frame. Raises ValueError for what nobody understands."""
        word = decode(FRAME, frame)
        if word.event not in {"update", "all"}:
            return (aside(word),)
        if word.channel not in self._readers:
            raise ValueError(f"nobody subscribed to {word.channel}")
        decoder, report = self._readers[word.channel]
        rows = decode(decoder, word.result)
        if not isinstance(rows, list):
            rows = [rows]
        return [news for row in rows if (news := report(row)) is not None]

    def _stream(self, product: str, channels: tuple[str, ...], user: str) -> Stream:
        at = self._caller.seconds()
        hello = tuple(self._subscription(channel, user, at) for channel in channels)
        return Stream(
            url=self._addresses.ws[product],
            hello=hello,
            headers={"X-Gate-Size-Decimal": "1"},
            ping=ping(product),
            confirms=len(hello),
        )

    def _subscription(self, channel: str, user: str, at: int) -> bytes:
        payload = [user] if user else []
        if channel not in _WITHOUT_PAYLOAD | _USER_ONLY:
            payload.append(_ALL)
        return encode(
            {
                "time": at, "channel": channel, "event": "subscribe", "payload": payload,
                "auth": subscription_auth(self._credentials, channel, str(at)),
            }
        )  # fmt: skip


def _nothing(row: object) -> None:
    return None
