"""The door of one dialect: requests and sockets come in, meters and faults stand in the way.

Rule 1: a request meets, in this order: a ban, a fault that comes before it, the meters, the venue's
maintenance, the Speaker, a fault that comes after it.
Rule 2: before anything is asked of the hall it is told the time; news leave when the answer has.
Rule 3: a Speaker that raises is answered for with the venue's own unknown error, and reported.
"""

import traceback
from collections.abc import Callable, Mapping
from typing import Final

from msgspec import Struct, structs

from steelyard.exchange.hall.faults import (
    REQUEST_FAULTS,
    VIEW_FAULTS,
    Fault,
    Faults,
    Moment,
    Rule,
)
from steelyard.exchange.hall.hall import OpenHall
from steelyard.exchange.hall.meters import Meters
from steelyard.exchange.hall.news import PrivateNews
from steelyard.exchange.hall.port import Request, Response, Session, Speaker, Trouble
from steelyard.exchange.hall.prices import DepthNews, MarketNews
from steelyard.exchange.hall.talk import Raw, Talk
from steelyard.exchange.hall.words import EVERY, Status
from steelyard.wire.scheduler import Scheduler

_MS: Final = 1_000_000
_MARKET_FAULTS: Final = (Fault.GAP, Fault.SPOIL, Fault.LATE_MARKET)
_NEWS_FAULTS: Final = (Fault.LATE, Fault.DUPLICATE, Fault.LOST_NEWS)
_RETRY_MS: Final = 1_000
_BAN_MS: Final = 120_000
_INSTEAD: Final = {
    Fault.UNKNOWN_BEFORE: Trouble.UNKNOWN,
    Fault.BUSY: Trouble.BUSY,
    Fault.ERROR: Trouble.ERROR,
    Fault.MAINTENANCE: Trouble.MAINTENANCE,
}
_HTML: Final = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad "
    b"Gateway</h1></center>\r\n<hr><center>cloudflare</center>\r\n</body>\r\n</html>\r\n"
)


class Outcome(Struct, frozen=True, kw_only=True):
    """What becomes of a request: an answer, or (None) a connection that breaks."""

    response: Response | None
    delay_ns: int = 0
    trickle_ns: int = 0


class Door:
    """One dialect's server."""

    def __init__(
        self, hall: OpenHall, speaker: Speaker, faults: Faults, scheduler: Scheduler,
        report: Callable[[str], None],
    ) -> None:  # fmt: skip
        """Open; `report` hears of what should not have happened."""
        self.hall, self.speaker, self.faults = hall, speaker, faults
        self.name = speaker.name
        self.meters = Meters(speaker.ban_after)
        self.talks: dict[Session, Talk] = {}
        self.requests = self.frames = 0
        """What came over REST, and what clients said on sockets."""
        self._scheduler, self._report = scheduler, report
        self._opened_ns = scheduler.elapsed_ns()
        self._frozen_until_ns = 0
        hall.listening.say_market = self._say_market
        hall.listening.say_private = self._say_private
        self.take_time()

    # --- time ------------------------------------------------------------------------------------

    @property
    def at_s(self) -> float:
        """Return how long the door has been open."""
        return (self._scheduler.elapsed_ns() - self._opened_ns) / 1e9

    def take_time(self) -> int:
        """Tell the hall what time it is at this venue."""
        now_ns = self._scheduler.now_ns() + self.faults.skew_ms(self.name, self.at_s) * _MS
        self.hall.set_time(now_ns)
        return now_ns

    def tick(self) -> None:
        """Let a second pass."""
        now_ns = self.take_time()
        self.hall.tick()
        for session, talk in list(self.talks.items()):
            if not talk.over and not talk.quiet:
                self._guarded(session.tick, now_ns)
        self.hall.flush()

    def freeze(self, span_ns: int) -> None:
        """Answer and say nothing for so long."""
        self._frozen_until_ns = self._scheduler.elapsed_ns() + span_ns
        for talk in self.talks.values():
            talk.freeze(span_ns)

    @property
    def frozen_ns(self) -> int:
        """Return how long requests have to wait yet."""
        return max(0, self._frozen_until_ns - self._scheduler.elapsed_ns())

    # --- requests --------------------------------------------------------------------------------

    def rest(
        self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes,
        address: str,
    ) -> Outcome:  # fmt: skip
        """Answer a request."""
        self.requests += 1
        now_ns = self.take_time()
        request = Request(
            method=method, path=path, query=query, headers=headers, body=body, address=address,
            at_ns=now_ns,
        )  # fmt: skip
        banned_ns = self.meters.banned_ns(address, now_ns)
        if banned_ns:
            return Outcome(response=self.speaker.limited(request, banned_ns, True))
        rule = self._rule(REQUEST_FAULTS, request)
        if rule is not None and (instead := self._instead(request, rule)):
            return instead
        member = self._who(request)
        charges = self.speaker.weight(request)
        used, wait_ns = self.meters.charge(charges, address, member, now_ns)
        if used:
            request = structs.replace(request, used=used)
        if wait_ns:
            banned_ns = self.meters.banned_ns(address, now_ns)
            return Outcome(
                response=self.speaker.limited(request, banned_ns or wait_ns, bool(banned_ns))
            )
        if self.hall.whole == Status.MAINTENANCE:
            return Outcome(response=self.speaker.broken(request, Trouble.MAINTENANCE))
        response = self._answer(request)
        return _after(response, rule, self.speaker, request) if rule else Outcome(response=response)

    def _answer(self, request: Request) -> Response:
        self._bend(self._rule(VIEW_FAULTS, request))
        try:
            return self.speaker.rest(request)
        except Exception:  # noqa: BLE001  # the rim: one bad request must not end the exchange
            self._tell_trace(f"{request.method} {request.path}?{request.query}")
            return self.speaker.broken(request, Trouble.UNKNOWN)
        finally:
            self._bend(None)

    def _bend(self, rule: Rule | None) -> None:
        """Let the hall look or act as a fault says; None: as it is."""
        kind = rule.fault if rule else None
        span_ns = rule.ms * _MS if rule else 0
        self.hall.lag_ns = span_ns if kind == Fault.STALE else 0
        self.hall.transit_ns = span_ns if kind == Fault.TRANSIT else 0
        places = rule.places if rule else ()
        self.hall.batch_faults = frozenset(places or (2,) if kind == Fault.PARTIAL else ())

    def _instead(self, request: Request, rule: Rule) -> Outcome | None:
        """Return what a fault says in place of doing it, None where it is done."""
        if rule.fault == Fault.LOST_BEFORE:
            return Outcome(response=None)
        if rule.fault in _INSTEAD:
            return Outcome(response=self.speaker.broken(request, _INSTEAD[rule.fault]))
        if rule.fault == Fault.RATE_LIMIT:
            wait_ns = (rule.ms or _RETRY_MS) * _MS
            return Outcome(response=self.speaker.limited(request, wait_ns, False))
        if rule.fault == Fault.BAN:
            wait_ns = (rule.ms or _BAN_MS) * _MS
            self.meters.ban(request.address, request.at_ns, wait_ns)
            return Outcome(response=self.speaker.limited(request, wait_ns, True))
        return None

    def _rule(self, kinds: tuple[Fault, ...], request: Request) -> Rule | None:
        if not self.faults.any(*kinds):
            return None
        text = f"{request.query}\n{request.body.decode(errors='replace')}"
        return self.faults.first(
            kinds,
            Moment(
                dialect=self.name, at_s=self.at_s, path=f"{request.method} {request.path}",
                text=text, account=self._who(request),
            ),
        )  # fmt: skip

    def _who(self, request: Request) -> int:
        try:
            return self.speaker.who(request)
        except Exception:  # noqa: BLE001  # the rim: whatever a client sends, it is then nobody
            self._tell_trace(f"who sent {request.method} {request.path}")
            return EVERY

    # --- sockets ---------------------------------------------------------------------------------

    def open(self, path: str, query: str, headers: Mapping[str, str], raw: Raw) -> Talk | None:
        """Take a socket on a path; None: there is none."""
        self.take_time()
        talk = Talk(path, raw, self.faults, self._scheduler, self._moment)
        moment = self._moment(talk.path, query, None)
        if self.faults.first((Fault.REFUSED,), moment) or self.hall.whole == Status.MAINTENANCE:
            return None
        session = self.speaker.socket(path, query, headers, talk)
        if session is None:
            return None
        talk.session = session
        self.talks[session] = talk
        if self.frozen_ns:
            talk.freeze(self.frozen_ns)
        return talk

    def greet(self, talk: Talk) -> None:
        """Let the session of an open socket speak first."""
        if talk.session is not None:
            self._guarded(talk.session.tick, self.take_time())
            self.hall.flush()

    def said(self, talk: Talk, text: bytes) -> None:
        """Let a session hear a frame of its client, and everybody what came of it."""
        self.frames += 1
        self.take_time()
        if self.faults.any(*VIEW_FAULTS):
            moment = self._moment(talk.path, text.decode(errors="replace"), talk.session)
            self._bend(self.faults.first(VIEW_FAULTS, moment))
        self._guarded(talk.said, text)
        self._bend(None)
        self.hall.flush()

    def ponged(self, talk: Talk) -> None:
        """Let a session hear of a pong."""
        if talk.session is not None:
            self.take_time()
            self._guarded(talk.session.ponged)

    def gone(self, talk: Talk) -> None:
        """Give up everything for a socket that is gone."""
        talk.over = True
        session = talk.session
        if session is not None and self.talks.pop(session, None) is not None:
            self.hall.leave(session)
            if not talk.left:
                self._guarded(session.closed)

    def drop(self, account: int = EVERY) -> int:
        """Cut all sockets, or those of an account; return how many."""
        talks = [
            talk
            for session, talk in self.talks.items()
            if account in (EVERY, self.hall.listening.member_of(session))
        ]
        for talk in talks:
            talk.abort()
        return len(talks)

    # --- news ------------------------------------------------------------------------------------

    def _say_market(self, session: Session, news: MarketNews) -> None:
        talk = self.talks.get(session)
        if talk is None or talk.over or talk.quiet:
            return
        rule = None
        if self.faults.any(*_MARKET_FAULTS):
            kinds = _MARKET_FAULTS if isinstance(news, DepthNews) else (Fault.LATE_MARKET,)
            moment = structs.replace(
                self._moment(talk.path, "", session),
                instrument=self.hall.instruments[news.instrument].name,
                topic=type(news).__name__.removesuffix("News").lower(),
            )
            rule = self.faults.first(kinds, moment)
        if rule is None:
            self._guarded(session.market, news)
        elif rule.fault == Fault.LATE_MARKET:
            self._scheduler.after(rule.ms * _MS, self._say_late, talk, session.market, news)
        elif rule.fault == Fault.SPOIL and isinstance(news, DepthNews):
            self._guarded(session.market, spoiled(news))

    def _say_private(self, session: Session, news: PrivateNews) -> None:
        talk = self.talks.get(session)
        if talk is None or talk.over or talk.quiet:
            return
        rule = None
        if self.faults.any(*_NEWS_FAULTS):
            moment = structs.replace(
                self._moment(talk.path, "", session),
                topic=type(news).__name__.removesuffix("News").lower(),
            )
            rule = self.faults.first(_NEWS_FAULTS, moment)
        if rule is not None and rule.fault == Fault.LATE:
            self._scheduler.after(rule.ms * _MS, self._say_late, talk, session.private, news)
            return
        if rule is None or rule.fault == Fault.DUPLICATE:
            self._guarded(session.private, news)
        if rule is not None and rule.fault == Fault.DUPLICATE:
            self._guarded(session.private, news)

    def _say_late(self, talk: Talk, say: Callable[[object], None], news: object) -> None:
        if not talk.over and not talk.quiet:
            self.take_time()
            self._guarded(say, news)

    def _moment(self, path: str, text: str, session: Session | None) -> Moment:
        account = EVERY if session is None else self.hall.listening.member_of(session)
        return Moment(dialect=self.name, at_s=self.at_s, path=path, text=text, account=account)

    def _guarded(self, call: Callable[..., None], *args: object) -> None:
        try:
            call(*args)
        except Exception:  # noqa: BLE001  # the rim: one bad session must not end the exchange
            self._tell_trace("a session raised")

    def _tell_trace(self, what: str) -> None:
        self._report(f"{self.name}: {what}\n{traceback.format_exc()}")


def _after(response: Response, rule: Rule, speaker: Speaker, request: Request) -> Outcome:
    """Do to an answer what a fault does to it."""
    span_ns = rule.ms * _MS
    if rule.fault == Fault.LOST_AFTER:
        return Outcome(response=None)
    if rule.fault == Fault.SLOW:
        return Outcome(response=response, delay_ns=span_ns)
    if rule.fault == Fault.TRICKLE:
        return Outcome(response=response, trickle_ns=span_ns)
    if rule.fault == Fault.UNKNOWN_AFTER:
        response = speaker.broken(request, Trouble.UNKNOWN)
    elif rule.fault == Fault.HTML:
        response = Response(status=502, body=_HTML, headers={"content-type": "text/html"})
    elif rule.fault == Fault.TRUNCATED:
        response = structs.replace(response, body=response.body[: len(response.body) // 2])
    elif rule.fault == Fault.EMPTY:
        response = structs.replace(response, body=b"")
    return Outcome(response=response)


def spoiled(news: DepthNews) -> DepthNews:
    """Return a change with one level that is wrong, the nearest to the best price."""
    bids, asks = dict(news.bids), dict(news.asks)
    side, nearest = (bids, max) if any(bids.values()) or not asks else (asks, min)
    if side:
        price = nearest([p for p, quantity in side.items() if quantity] or side)
        side[price] += max(1, side[price] // 3)
    return structs.replace(
        news, bids=tuple(bids.items()), asks=tuple(asks.items()), spoiled=True, said={}
    )
