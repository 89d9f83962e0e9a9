"""The exchange on ports of this machine: one for each dialect, and one for control.

Rule 1: an answer leaves before the news its request caused.
Rule 2: all ports are open before the addresses are told.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from steelyard.exchange.hall.actions import act, keys_of
from steelyard.exchange.hall.door import Door
from steelyard.exchange.hall.exchange import Exchange, ExchangeSettings
from steelyard.exchange.hall.talk import Talk
from steelyard.model.errors import ConfigurationError
from steelyard.wire.scheduler import LoopScheduler
from steelyard.wire.serving import Asked, Doorman, ServedEars, ServedSocket, Servers, Told
from steelyard.wire.streams import Streams

CONTROL: Final = "control"
_JSON: Final = {"content-type": "application/json"}


class ExchangeServer:
    """What the loop of an exchange process runs."""

    def __init__(
        self, settings: ExchangeSettings, *, host: str, ports: Mapping[str, int],
        ready: Callable[[dict[str, Any]], None],
    ) -> None:  # fmt: skip
        """`ports` by dialect and `control`; 0: any free one. `ready` hears the addresses."""
        self.failure = ""
        self._settings, self._host, self._ports, self._ready = settings, host, ports, ready
        self._told: dict[str, Any] = {}
        self._exchange: Exchange | None = None
        self._scheduler: LoopScheduler
        self._finish: Callable[[], None]
        self._servers: Servers
        self._closed: Iterator[tuple[str, Doorman]]

    # --- its life --------------------------------------------------------------------------------

    def begin(self, scheduler: LoopScheduler, streams: Streams, finish: Callable[[], None]) -> None:
        """Open the exchange, then its ports one by one."""
        self._scheduler, self._finish, self._servers = scheduler, finish, Servers()
        try:
            exchange = Exchange(self._settings, scheduler)
        except ConfigurationError as error:
            self._fail(str(error))
            return
        self._exchange = exchange
        doormen: dict[str, Doorman] = {
            name: DialectDoorman(door) for name, door in exchange.doors.items()
        }
        self._closed = iter({**doormen, CONTROL: _ControlDoorman(exchange)}.items())
        self._open_next()

    def interrupted(self) -> None:
        """Close everything and end."""
        if self._exchange is not None:
            self._exchange.close()
            for door in self._exchange.doors.values():
                door.drop()
        self._servers.close(self._finish)

    def _open_next(self) -> None:
        name, doorman = next(self._closed, ("", None))
        if doorman is None:
            self._opened()
            return
        self._servers.serve(
            self._host, self._ports.get(name, 0), doorman, lambda port: self._bound(name, port),
            self._fail,
        )  # fmt: skip

    def _bound(self, name: str, port: int) -> None:
        rest, ws = f"http://{self._host}:{port}", f"ws://{self._host}:{port}"
        if name == CONTROL or self._exchange is None:
            self._told[name] = rest
        else:
            door = self._exchange.doors[name]
            said = door.speaker.addresses(rest, ws)
            self._told[name] = {**said, "rest": rest, "ws": ws, **keys_of(door.hall.members[0])}
        self._open_next()

    def _opened(self) -> None:
        if self._exchange is None:
            return
        self._ready(self._told)
        self._exchange.begin()
        for planned in self._settings.planned:
            self._scheduler.after(int(planned.at_s * 1e9), self._act, planned.do, planned.values)

    def _fail(self, reason: str) -> None:
        self.failure = reason
        self.interrupted()

    def _act(self, do: str, values: Mapping[str, Any]) -> None:
        if self._exchange is None:
            return
        try:
            act(self._exchange, do, values)
        except ConfigurationError as error:
            self._settings.report(f"{do} of the fault script: {error}")


class DialectDoorman:
    """Lets clients of one dialect in."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def held_ns(self) -> int:
        return self._door.frozen_ns

    def asked(self, asked: Asked) -> Told | None:
        outcome = self._door.rest(*asked)
        found = outcome.response
        if found is None:
            return None
        headers = {**_JSON, **{name.lower(): value for name, value in found.headers.items()}}
        return Told(found.status, headers, found.body, outcome.delay_ns, outcome.trickle_ns)

    def answered(self) -> None:
        self._door.hall.flush()

    def dialled(
        self, path: str, query: str, headers: Mapping[str, str], socket: ServedSocket
    ) -> ServedEars | None:
        talk = self._door.open(path, query, headers, socket)
        return None if talk is None else _DialectEars(self._door, talk, socket)


class _DialectEars:
    """Hears one socket of a dialect."""

    def __init__(self, door: Door, talk: Talk, socket: ServedSocket) -> None:
        self._door, self._talk, self._socket = door, talk, socket

    def opened(self) -> None:
        self._door.greet(self._talk)

    def said(self, body: bytes) -> None:
        self._door.said(self._talk, body)

    def pinged(self, payload: bytes) -> None:
        if not self._talk.quiet and not self._talk.frozen_ns:
            self._socket.pong(payload)

    def ponged(self) -> None:
        self._door.ponged(self._talk)

    def closed(self) -> None:
        self._door.gone(self._talk)


class _ControlDoorman:
    """Does `/<action>` with the values of a JSON body; a list does it for each."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def held_ns(self) -> int:
        return 0

    def asked(self, asked: Asked) -> Told | None:
        name = asked.path.strip("/") or "state"
        try:
            given = json.loads(asked.body) if asked.body.strip() else {}
            found = [act(self._exchange, name, one) for one in _dicts(given)]
        except (ConfigurationError, ValueError) as error:
            return Told(400, _JSON, json.dumps({"error": str(error)}).encode())
        return Told(200, _JSON, json.dumps(found if isinstance(given, list) else found[0]).encode())

    def answered(self) -> None:
        pass

    def dialled(
        self, path: str, query: str, headers: Mapping[str, str], socket: ServedSocket
    ) -> ServedEars | None:
        return None


def _dicts(given: Any) -> list[dict[str, Any]]:
    every = given if isinstance(given, list) else [given]
    if not all(isinstance(one, dict) for one in every):
        raise ConfigurationError("the body was no JSON object, and no list of such")
    return every
