"""A hall with a plain dialect: JSON in our own words, keys without signatures."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import msgspec

from steelyard.exchange.hall.floor import HallSettings
from steelyard.exchange.hall.hall import OpenHall
from steelyard.exchange.hall.news import PrivateNews
from steelyard.exchange.hall.port import (
    Charge,
    Hall,
    HallTerms,
    Request,
    Response,
    Session,
    Trouble,
    Wire,
)
from steelyard.exchange.hall.prices import MarketNews, Topic
from steelyard.exchange.hall.words import EVERY, HallOrder, Refused, Wanted
from steelyard.model.instruments import Fees, Instrument, Kind
from steelyard.model.kinds import BUY, LIMIT, MARKET, SELL
from steelyard.model.units import Money, Price, Quantity, Rate

SECOND = 1_000_000_000
START = 1_790_000_000 * SECOND
TERMS = HallTerms(name="plain")
SPOT, ETHER, PERP = 0, 1, 2
LIMIT_A_SECOND = 20


def listed(name: str, *, tick: str = "0.01", lot: str = "0.001", contract: str = "1") -> Instrument:
    """One instrument with two decimals of price and five of quantity."""
    base = name.partition("/")[0]
    return Instrument(
        name=name, venue="plain", kind=Kind.LINEAR if ":" in name else Kind.SPOT, base=base,
        quote="USDT", settle="USDT", price_decimals=2, quantity_decimals=5, money_decimals=8,
        tick=Price(int(Decimal(tick) * 100)), lot=Quantity(int(Decimal(lot) * 100_000)),
        quantity_min=Quantity(int(Decimal(lot) * 100_000)), quantity_max=Quantity(10**11),
        notional_min=Money(5 * 10**8), fees=Fees(maker=Rate(20_000), taker=Rate(50_000)),
        multiplier=Decimal(contract),
    )  # fmt: skip


def instruments() -> tuple[Instrument, ...]:
    """Spot and perpetual of one coin, and another coin."""
    return listed("BTC/USDT"), listed("ETH/USDT"), listed("BTC/USDT:USDT", tick="0.1")


def opened(terms: HallTerms = TERMS, *, accounts: int = 3) -> OpenHall:
    """A hall at its first prices: 60,000 and 3,000."""
    hall = OpenHall(terms, instruments(), HallSettings(accounts=accounts))
    hall.set_time(START)
    for k, price in ((SPOT, "60000"), (ETHER, "3000"), (PERP, "60000")):
        show(hall, k, price)
    return hall


def show(hall: OpenHall, k: int, price: str, *, coins: str = "100", side: int = SELL) -> None:
    """Let somebody trade at a price."""
    one = hall.instruments[k]
    hall.print_trade(k, int(one.price(price)), int(one.quantity(coins)), side)


def later(hall: OpenHall, seconds: float) -> None:
    """Let time pass."""
    hall.set_time(hall.now_ns() + int(seconds * SECOND))
    hall.tick()


def wanted(
    hall: OpenHall, k: int, side: int, quantity: str, price: str = "", **more: Any
) -> Wanted:
    """An order in whole coins; without a price at the market."""
    one = hall.instruments[k]
    return Wanted(
        instrument=k, side=side, quantity=int(one.quantity(quantity)),
        price=int(one.price(price)) if price else 0, type=LIMIT if price else MARKET, **more,
    )  # fmt: skip


def done(found: HallOrder | Refused) -> HallOrder:
    """The order, which was not refused."""
    assert isinstance(found, HallOrder), found
    return found


class Ears:
    """A session that remembers what it heard."""

    def __init__(self) -> None:
        self.market_news: list[Any] = []
        self.private_news: list[Any] = []
        self.frames: list[bytes] = []
        self.ended = False

    def said(self, text: bytes) -> None:
        self.frames.append(text)

    def market(self, news: MarketNews) -> None:
        self.market_news.append(news)

    def private(self, news: PrivateNews) -> None:
        self.private_news.append(news)

    def tick(self, now_ns: int) -> None:
        pass

    def ponged(self) -> None:
        pass

    def closed(self) -> None:
        self.ended = True


class PlainSession(Ears):
    """Takes `{"follow": topic}`, `{"enter": key}`; echoes everything else; tells news as JSON."""

    def __init__(self, hall: Hall, send: Wire) -> None:
        super().__init__()
        self._hall, self._send = hall, send

    def said(self, text: bytes) -> None:
        words = json.loads(text)
        if "follow" in words:
            self._hall.follow(self, Topic(words["follow"]), SPOT)
        if "enter" in words:
            member = self._hall.member(words["enter"])
            assert member is not None
            self._hall.enter(self, member.number)
        self._send(text)

    def market(self, news: MarketNews) -> None:
        self._send(b'{"market":"' + type(news).__name__.encode() + b'"}')

    def private(self, news: PrivateNews) -> None:
        self._send(b'{"private":"' + type(news).__name__.encode() + b'"}')


class PlainSpeaker:
    """The server of the plain dialect."""

    name = "plain"
    ban_after = 3

    def __init__(self, hall: Hall) -> None:
        self.hall = hall
        self.asked = 0

    def rest(self, request: Request) -> Response:
        self.asked += 1
        values = {key: found[0] for key, found in parse_qs(request.query).items()}
        found: Any = {"time": request.at_ns}
        if request.path == "/raise":
            raise RuntimeError("a server's own mistake")
        if request.path == "/book":
            found = msgspec.to_builtins(self.hall.book(SPOT, 5))
        elif request.path == "/order":
            one = self.hall.instruments[SPOT]
            made = self.hall.place(
                self.who(request),
                Wanted(
                    instrument=SPOT, side=BUY if values["side"] == "buy" else SELL,
                    quantity=int(one.quantity(values["quantity"])),
                    price=int(one.price(values["price"])), client_id=values.get("id", ""),
                ),
            )  # fmt: skip
            found = msgspec.to_builtins(made)
        elif request.path == "/open":
            found = msgspec.to_builtins(self.hall.open_orders(self.who(request)))
        return Response(status=200, body=json.dumps(found).encode())

    def weight(self, request: Request) -> Sequence[Charge]:
        return (Charge(meter="weight", weight=1, limit=LIMIT_A_SECOND, span_ns=SECOND),)

    def limited(self, request: Request, retry_after_ns: int, banned: bool) -> Response:
        seconds = str(-(-retry_after_ns // SECOND))
        return Response(
            status=418 if banned else 429, body=b'{"code":-1003}', headers={"retry-after": seconds}
        )

    def broken(self, request: Request, trouble: Trouble) -> Response:
        return Response(status=503, body=json.dumps({"trouble": trouble}).encode())

    def who(self, request: Request) -> int:
        member = self.hall.member(request.headers.get("x-key", ""))
        return member.number if member else EVERY

    def addresses(self, rest: str, ws: str) -> Mapping[str, str]:
        return {"endpoint": f"{ws}/ws"}

    def socket(
        self, path: str, query: str, headers: Mapping[str, str], send: Wire
    ) -> Session | None:
        return PlainSession(self.hall, send) if path == "/ws" else None
