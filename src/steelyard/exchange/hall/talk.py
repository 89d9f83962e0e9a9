"""One socket of a dialect's server, with the faults that happen on it.

Rule 1: a session speaks into its talk and never to the socket itself, so that what is lost, late,
cut or held back is decided in one place.
Rule 2: while the venue is frozen nothing is heard and nothing said; all of it comes afterwards.
"""

from collections.abc import Callable
from typing import Protocol

from steelyard.exchange.hall.faults import FRAME_FAULTS, Fault, Faults, Moment, Rule
from steelyard.exchange.hall.port import Session, Wire
from steelyard.wire.scheduler import Scheduler

_FRAME_KINDS = (Fault.QUIET, Fault.CUT, Fault.GARBLED)
_MS = 1_000_000
_EVER_NS = 2**62


class Raw(Wire, Protocol):
    """A socket as the machine has it."""

    def abort(self) -> None:
        """End the connection at once, without a word."""
        ...


class Talk:
    """What a session says and hears."""

    def __init__(
        self, path: str, raw: Raw, faults: Faults, scheduler: Scheduler,
        moment: Callable[[str, str, Session | None], Moment],
    ) -> None:  # fmt: skip
        """Speak on `raw`; `moment` makes what is held against the rules, of path and text."""
        self.path = f"WS {path}"
        self.address = raw.address
        self.session: Session | None = None
        self.over = False
        self.left = False
        """The session closed it by itself."""
        self._raw, self._faults, self._scheduler, self._moment = raw, faults, scheduler, moment
        self._quiet_until_ns = self._frozen_until_ns = 0
        self._mute = False
        self._late_ns = 0
        self._held: list[tuple[Callable[[bytes], None], bytes]] = []

    # --- what the session says -------------------------------------------------------------------

    def __call__(self, text: bytes) -> None:
        """Send a text frame."""
        self._send(self._raw, text)

    def binary(self, body: bytes) -> None:
        """Send a binary frame."""
        self._send(self._raw.binary, body)

    def ping(self, payload: bytes = b"") -> None:
        """Send a protocol ping."""
        if not self.over and not self.quiet and not self.frozen_ns:
            self._raw.ping(payload)

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Close; the session hears nothing of it."""
        if not self.over:
            self.over = self.left = True
            self._raw.close(code, reason)

    def abort(self) -> None:
        """End the connection at once."""
        self._raw.abort()

    def _send(self, say: Callable[[bytes], None], body: bytes) -> None:
        if self.over or self._mute or self.quiet:
            return
        if self._late_ns:
            self._scheduler.after(self._late_ns, self._say_late, say, body)
        elif self.frozen_ns:
            self._held.append((say, body))
        else:
            spoken = self._spoken(body) if self._faults.any(*_FRAME_KINDS) else body
            if spoken is not None:
                say(spoken)

    def _say_late(self, say: Callable[[bytes], None], body: bytes) -> None:
        if not self.over and not self.quiet:
            say(body)

    def _spoken(self, body: bytes) -> bytes | None:
        """Ask the rules about a frame; what of it is sent, None: nothing."""
        text = body.decode(errors="replace")
        rule = self._faults.first(_FRAME_KINDS, self._moment(self.path, text, self.session))
        if rule is None:
            return body
        if rule.fault == Fault.GARBLED:
            return body[: len(body) // 2]
        if rule.fault == Fault.QUIET:
            self.hush(rule.ms)
        else:
            self.over = True
            self._raw.abort()
        return None

    # --- what it hears ---------------------------------------------------------------------------

    def said(self, text: bytes) -> None:
        """Let the session hear a frame, unless a fault takes it."""
        session = self.session
        if session is None or self.over:
            return
        if self.frozen_ns:
            self._held.append((self.said, text))
            return
        if not self._faults.any(*FRAME_FAULTS):
            session.said(text)
            return
        moment = self._moment(self.path, text.decode(errors="replace"), session)
        self._said_with(session, text, self._faults.first(FRAME_FAULTS, moment))

    def _said_with(self, session: Session, text: bytes, rule: Rule | None) -> None:
        if rule is not None and rule.fault == Fault.LOST_BEFORE:
            return
        if rule is not None:
            self._mute = rule.fault == Fault.LOST_AFTER
            self._late_ns = rule.ms * _MS if rule.fault == Fault.SLOW else 0
        try:
            session.said(text)
        finally:
            self._mute, self._late_ns = False, 0

    # --- silence ---------------------------------------------------------------------------------

    @property
    def quiet(self) -> bool:
        """Say whether the socket says nothing any more."""
        return self._quiet_until_ns > self._scheduler.elapsed_ns()

    def hush(self, ms: int) -> None:
        """Say nothing for so long; 0: never again."""
        now_ns = self._scheduler.elapsed_ns()
        self._quiet_until_ns = now_ns + ms * _MS if ms else _EVER_NS

    @property
    def frozen_ns(self) -> int:
        """Return how long nothing is heard or said yet."""
        return max(0, self._frozen_until_ns - self._scheduler.elapsed_ns())

    def freeze(self, span_ns: int) -> None:
        """Hear and say nothing for so long, and all of it afterwards."""
        self._frozen_until_ns = self._scheduler.elapsed_ns() + span_ns
        self._scheduler.after(span_ns, self._thaw)

    def _thaw(self) -> None:
        if self.frozen_ns:
            self._scheduler.after(self.frozen_ns, self._thaw)
            return
        held, self._held = self._held, []
        for call, body in held:
            call(body)
