"""Who hears what: sessions that follow topics or entered accounts, and the news that wait for them.

Rule 1: news wait until `flush`, which the one who called the hall calls after it; they keep the
order in which they happened, across topics and accounts.
Rule 2: news nobody follows are not made (`followed`, `entered` say so beforehand).
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeAlias

from steelyard.exchange.hall.news import KeyExpired, PrivateNews
from steelyard.exchange.hall.port import Session
from steelyard.exchange.hall.prices import MarketNews, Topic
from steelyard.exchange.hall.words import EVERY, Product

Place: TypeAlias = tuple[Topic, int, int]
"""(topic, instrument, span of candles)."""


class _Waiting(NamedTuple):
    """News on their way: of a place, or of a member and a product."""

    news: MarketNews | PrivateNews
    place: Place | None
    member: int = EVERY
    product: Product | None = None


class Entered:
    """One session's interest in one account."""

    __slots__ = ("key", "product", "session")

    def __init__(self, session: Session, product: Product | None, key: str) -> None:
        """Hear of one product, or (None) of both."""
        self.session, self.product, self.key = session, product, key


def _say_market(session: Session, news: MarketNews) -> None:
    session.market(news)


def _say_private(session: Session, news: PrivateNews) -> None:
    session.private(news)


class Listening:
    """The ears of one hall."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self.say_market: Callable[[Session, MarketNews], None] = _say_market
        """How news reach a session; a server with faults puts its own way here."""
        self.say_private: Callable[[Session, PrivateNews], None] = _say_private
        self._followers: dict[Place, dict[Session, None]] = {}
        self._entered: dict[int, list[Entered]] = {}
        self._waiting: list[_Waiting] = []

    # --- who -------------------------------------------------------------------------------------

    def follow(self, session: Session, topic: Topic, instrument: int, span_ns: int = 0) -> None:
        """Let a session hear a topic; twice is once."""
        self._followers.setdefault((topic, instrument, span_ns), {})[session] = None

    def unfollow(self, session: Session, topic: Topic, instrument: int, span_ns: int = 0) -> None:
        """Take it back."""
        place = (topic, instrument, span_ns)
        sessions = self._followers.get(place)
        if sessions is not None:
            sessions.pop(session, None)
            if not sessions:
                del self._followers[place]

    def enter(
        self, session: Session, member: int, *, product: Product | None = None, key: str = ""
    ) -> None:
        """Let a session hear an account; the same again is once."""
        interests = self._entered.setdefault(member, [])
        for one in interests:
            if (one.session, one.product, one.key) == (session, product, key):
                return
        interests.append(Entered(session, product, key))

    def leave(self, session: Session) -> None:
        """Take back everything."""
        for place in [p for p, sessions in self._followers.items() if session in sessions]:
            self.unfollow(session, *place)
        for member, interests in list(self._entered.items()):
            left = [one for one in interests if one.session is not session]
            if left:
                self._entered[member] = left
            else:
                del self._entered[member]

    def followed(self, topic: Topic, instrument: int, span_ns: int = 0) -> bool:
        """Say whether anybody follows."""
        return (topic, instrument, span_ns) in self._followers

    def spans(self, instrument: int) -> Iterator[int]:
        """Name the spans of candles that are followed."""
        for topic, k, span_ns in self._followers:
            if topic is Topic.CANDLE and k == instrument:
                yield span_ns

    def entered(self, member: int) -> bool:
        """Say whether anybody hears this account."""
        return member in self._entered

    def member_of(self, session: Session) -> int:
        """Return which account a session entered first, EVERY: none."""
        for member, interests in self._entered.items():
            if any(one.session is session for one in interests):
                return member
        return EVERY

    # --- what ------------------------------------------------------------------------------------

    def tell(self, topic: Topic, news: MarketNews, span_ns: int = 0) -> None:
        """Let market news wait."""
        self._waiting.append(_Waiting(news, (topic, news.instrument, span_ns)))

    def tell_member(self, member: int, product: Product | None, news: PrivateNews) -> None:
        """Let private news wait; `product` None: of both."""
        if member in self._entered:
            self._waiting.append(_Waiting(news, None, member, product))

    def flush(self) -> int:
        """Say all that waits; return how much that was."""
        said = 0
        while self._waiting:
            waiting, self._waiting = self._waiting, []
            said += len(waiting)
            for one in waiting:
                news: Any = one.news
                if one.place is None:
                    self._say_member(one.member, one.product, news)
                    continue
                for session in list(self._followers.get(one.place, ())):
                    self.say_market(session, news)
        return said

    def _say_member(self, member: int, product: Product | None, news: PrivateNews) -> None:
        told: list[Session] = []
        for one in list(self._entered.get(member, ())):
            meant = product is None or one.product is None or one.product == product
            if isinstance(news, KeyExpired):
                meant = one.key == news.key
            if meant and one.session not in told:
                told.append(one.session)
                self.say_private(one.session, news)
        if isinstance(news, KeyExpired) and member in self._entered:
            left = [one for one in self._entered[member] if one.key != news.key]
            if left:
                self._entered[member] = left
            else:
                del self._entered[member]
