"""The private streams: how they are opened, and their frames to news.

Rule 1: a trade is told before the order it belongs to, so that nobody misses it meanwhile.
Rule 2: what only changes balances is no news: trades, funding by its own number and holdings say
all of it, and TRADE_LITE only repeats a trade without its fee.
Rule 3: an event that nobody knows is an error, told as Strange by the caller.
"""

from collections.abc import Generator, Sequence
from typing import Final

import msgspec

from steelyard.model.kinds import MAKER, TAKER
from steelyard.model.reports import News, OrderReport, OrderState, Reply, Success, TradeReport
from steelyard.venues.binance.calls import FAILED, Caller
from steelyard.venues.binance.errors import taken
from steelyard.venues.binance.frames import (
    AlgoFields,
    AlgoFrame,
    Event,
    PerpOrderFields,
    PerpOrderFrame,
    SpotEnvelope,
    SpotOrderFrame,
)
from steelyard.venues.binance.memory import Memory
from steelyard.venues.binance.numbers import fee_of, nanos
from steelyard.venues.binance.reports import (
    algo_state,
    ended,
    forced_of,
    position_side_of,
    side_of,
    state_of,
)
from steelyard.venues.binance.symbols import Symbols
from steelyard.venues.binance.terms import LIFE_NS, PING_NS, SILENCE_NS, Product
from steelyard.venues.binance.words import ListenKey
from steelyard.venues.native.dialect import (
    Addresses,
    Aside,
    Call,
    Confirmed,
    Denied,
    Leaving,
    Pong,
    Steps,
    Stream,
)
from steelyard.venues.native.numbers import units
from steelyard.wire.http import Answer

QUIET: Final = frozenset({
    "outboundAccountPosition", "balanceUpdate", "listStatus", "externalLockUpdate",
    "outboundAccountInfo", "ACCOUNT_UPDATE", "ACCOUNT_CONFIG_UPDATE", "MARGIN_CALL", "TRADE_LITE",
    "STRATEGY_UPDATE", "GRID_UPDATE", "CONDITIONAL_ORDER_TRIGGER_REJECT", "EquityUpdate",
    "USER_LIABILITY_CHANGE", "MARGIN_LEVEL_STATUS_CHANGE", "liabilityUpdate",
})  # fmt: skip
"""Events that tell nothing which is not told otherwise."""

LEAVING: Final = frozenset({"listenKeyExpired", "eventStreamTerminated", "serverShutdown"})
_TRADED: Final = frozenset({"TRADE", "CALCULATED"})

_EVENT: Final = msgspec.json.Decoder(Event)
_ENVELOPE: Final = msgspec.json.Decoder(SpotEnvelope)


class _SpotFrame(msgspec.Struct, frozen=True):
    event: SpotOrderFrame


class _Stream(msgspec.Struct, frozen=True):
    data: msgspec.Raw


_SPOT_ORDER: Final = msgspec.json.Decoder(_SpotFrame)
_SPOT_BARE: Final = msgspec.json.Decoder(SpotOrderFrame)
_PERP_ORDER: Final = msgspec.json.Decoder(PerpOrderFrame)
_ALGO: Final = msgspec.json.Decoder(AlgoFrame)
_STREAM: Final = msgspec.json.Decoder(_Stream)
_OK: Final = 200
_ANYTHING: Final = msgspec.json.Decoder(msgspec.Raw)
_LISTEN_KEY: Final = msgspec.json.Decoder(ListenKey)
_LISTEN_PATH: Final = "/fapi/v1/listenKey"


def streams(
    addresses: Addresses, caller: Caller, symbols: Symbols
) -> Generator[Call, Answer, tuple[Stream, ...] | Reply]:
    """Say how the streams are opened: spot's by a signed request, the perpetuals' by a key."""
    found: list[Stream] = []
    if symbols.by_product[Product.SPOT]:
        hello = {
            "id": "user", "method": "userDataStream.subscribe.signature",
            "params": caller.socket_fields({}),
        }  # fmt: skip
        found.append(_stream(addresses.ws["spot-entry"], msgspec.json.encode(hello), confirms=1))
    if symbols.by_product[Product.PERP]:
        call = caller.keyed(Product.PERP, "POST", _LISTEN_PATH)
        key = taken(Product.PERP, _LISTEN_KEY, (yield call), caller.now_ns())
        if isinstance(key, FAILED):
            return key
        url = f"{addresses.ws[Product.PERP]}/private/ws?listenKey={key.listen_key}"
        found.append(_stream(url))
    return tuple(found)


def renewed(caller: Caller) -> Steps:
    """Keep the listen key alive."""
    answer = yield caller.keyed(Product.PERP, "PUT", _LISTEN_PATH)
    done = taken(Product.PERP, _ANYTHING, answer, caller.now_ns())
    return done if isinstance(done, FAILED) else Success()


def _stream(url: str, *hello: bytes, confirms: int = 0) -> Stream:
    return Stream(
        url=url, hello=hello, ping_ns=PING_NS, silence_ns=SILENCE_NS, life_ns=LIFE_NS,
        confirms=confirms,
    )  # fmt: skip


class Private:
    """Reads the private streams of one account."""

    def __init__(self, symbols: Symbols, memory: Memory) -> None:
        """Speak of these instruments."""
        self._symbols, self._memory = symbols, memory

    def read(self, frame: bytes) -> Sequence[News | Aside]:
        """Read one frame of either product."""
        if frame.startswith(b'{"stream"'):
            frame = bytes(_STREAM.decode(frame).data)
        event = _EVENT.decode(frame)
        if event.e:
            return self._event(event.e, frame, nested=False)
        envelope = _ENVELOPE.decode(frame)
        if envelope.event is not None:
            return self._event(envelope.event.e, frame, nested=True)
        if envelope.status:
            if envelope.status == _OK:
                return (Confirmed("user data"),)
            return (Denied(frame[:300].decode("utf-8", "replace")),)
        raise ValueError(f"neither event nor answer: {frame[:200]!r}")

    def _event(self, name: str, frame: bytes, *, nested: bool) -> Sequence[News | Aside]:
        if name == "executionReport":
            order = _SPOT_ORDER.decode(frame).event if nested else _SPOT_BARE.decode(frame)
            return self._spot(order)
        if name == "ORDER_TRADE_UPDATE":
            return self._perp(_PERP_ORDER.decode(frame).o)
        if name == "ALGO_UPDATE":
            algo = _ALGO.decode(frame)
            return self._algo(algo.o, algo.T or algo.E)
        if name in LEAVING:
            return (Leaving(name),)
        if name in QUIET:
            return (Pong(),)
        raise ValueError(f"event was {name!r}")

    # --- spot ------------------------------------------------------------------------------------

    def _spot(self, order: SpotOrderFrame) -> Sequence[News | Aside]:
        place = self._symbols.find(Product.SPOT, order.s)
        if place < 0:
            return (Pong(),)
        instrument = self._symbols.instruments[place]
        client_id = order.C or order.c
        self._memory.name(Product.SPOT, order.i, client_id)
        side, news = side_of(order.S), []
        if order.x in _TRADED:
            quantity = units(order.l, instrument.quantity_decimals)
            price = units(order.L, instrument.price_decimals)
            if quantity:
                paid = fee_of(
                    instrument, order.n or "", order.N or "", price=price, quantity=quantity,
                    maker=order.m,
                )  # fmt: skip
                news.append(
                    TradeReport(
                        trade=str(order.t), client_id=client_id, venue_id=str(order.i),
                        instrument=place, side=side, price=price, quantity=quantity, fee=paid.fee,
                        liquidity=MAKER if order.m else TAKER, ts_ns=nanos(order.T),
                        coin_fee=paid.coin_fee, estimated=paid.estimated,
                    )
                )  # fmt: skip
        report = OrderReport(
            client_id=client_id, venue_id=str(order.i), instrument=place, state=state_of(order.X),
            side=side, price=units(order.p, instrument.price_decimals),
            quantity=units(order.q, instrument.quantity_decimals),
            filled=units(order.z, instrument.quantity_decimals), ts_ns=nanos(order.T),
            trigger=units(order.P, instrument.price_decimals),
        )  # fmt: skip
        return (*news, report)

    # --- perpetuals ------------------------------------------------------------------------------

    def _perp(self, order: PerpOrderFields) -> Sequence[News | Aside]:
        place = self._symbols.find(Product.PERP, order.s)
        if place < 0:
            return (Pong(),)
        instrument = self._symbols.instruments[place]
        self._memory.name(Product.PERP, order.i, order.c)
        client_id = self._memory.client_of(Product.PERP, order.i) or order.c
        self._memory.side(client_id, order.S)
        side, position_side = side_of(order.S), position_side_of(order.ps)
        news: list[News | Aside] = []
        quantity = units(order.l, instrument.quantity_decimals) if order.x in _TRADED else 0
        if quantity:
            price = units(order.L, instrument.price_decimals)
            paid = fee_of(
                instrument, order.n or "", order.N or "", price=price, quantity=quantity,
                maker=order.m,
            )  # fmt: skip
            news.append(
                TradeReport(
                    trade=str(order.t), client_id=client_id, venue_id=str(order.i),
                    instrument=place, side=side, price=price, quantity=quantity, fee=paid.fee,
                    liquidity=MAKER if order.m else TAKER, ts_ns=nanos(order.T),
                    position_side=position_side, forced=forced_of(order.c),
                    estimated=paid.estimated,
                )
            )  # fmt: skip
        filled = units(order.z, instrument.quantity_decimals)
        state, code = ended(
            state_of(order.X), filled, post_only=order.f == "GTX",
            rested=self._memory.rested(order.i),
        )  # fmt: skip
        if state is OrderState.OPEN:
            self._memory.rest(order.i)
        news.append(
            OrderReport(
                client_id=client_id, venue_id=str(order.i), instrument=place, state=state,
                side=side, price=units(order.p, instrument.price_decimals),
                quantity=units(order.q, instrument.quantity_decimals), filled=filled,
                ts_ns=nanos(order.T), reduce_only=order.R,
                trigger=units(order.sp or "0", instrument.price_decimals),
                position_side=position_side, code=code,
            )
        )  # fmt: skip
        return news

    def _algo(self, algo: AlgoFields, at_ms: int) -> Sequence[News | Aside]:
        place = self._symbols.find(Product.PERP, algo.s)
        if place < 0:
            return (Pong(),)
        instrument = self._symbols.instruments[place]
        self._memory.algo(algo.caid)
        if str(algo.ai).isdecimal():
            self._memory.become(int(algo.ai), algo.caid)
        quantity = units(algo.q, instrument.quantity_decimals)
        filled = units(algo.aq or "0", instrument.quantity_decimals)
        return (
            OrderReport(
                client_id=algo.caid, venue_id=str(algo.aid), instrument=place,
                state=algo_state(algo.X, filled, quantity), side=side_of(algo.S),
                price=units(algo.p or "0", instrument.price_decimals), quantity=quantity,
                filled=filled, ts_ns=nanos(at_ms), reduce_only=algo.R,
                trigger=units(algo.tp or "0", instrument.price_decimals),
                position_side=position_side_of(algo.ps),
            ),
        )  # fmt: skip
