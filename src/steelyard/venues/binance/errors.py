"""What Binance's errors mean: every documented code of both products, in one table each.

Rule 1: a code that says the request may have been carried out (-1006, -1007), one that nobody
documents, and a body nobody can read are `Unclear`.
Rule 2: where one code has many causes (-1013, -2010, -2011) its text decides; an unknown text of a
code that is a definite refusal stays a refusal, of class OTHER.
Rule 3: 418 is a ban and 429 a limit whatever the body says; both say when to come back.
"""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, TypeVar

import msgspec

from steelyard.model import reasons
from steelyard.model.reports import Fault, Refusal, Reply, Unclear
from steelyard.venues.binance.frames import SocketFailure
from steelyard.venues.binance.terms import Product
from steelyard.venues.binance.words import Refused
from steelyard.wire.http import Answer

T = TypeVar("T")
_SECOND_NS: Final = 1_000_000_000

_REASONS: Final[Mapping[Fault, int]] = MappingProxyType(
    {
        Fault.RATE_LIMIT: reasons.VENUE_BUSY,
        Fault.BANNED: reasons.VENUE_BUSY,
        Fault.CLOCK: reasons.VENUE_BUSY,
        Fault.AUTH: reasons.VENUE_AUTH,
        Fault.FUNDS: reasons.VENUE_NO_FUNDS,
        Fault.POST_ONLY: reasons.POST_ONLY_CROSSES,
        Fault.REDUCE_ONLY: reasons.VENUE_WOULD_INCREASE,
        Fault.NO_ORDER: reasons.UNKNOWN_ORDER,
        Fault.MODE: reasons.VENUE_MODE,
        Fault.TOO_MANY: reasons.VENUE_TOO_MANY,
        Fault.MAINTENANCE: reasons.VENUE_CLOSED,
        Fault.CANCEL_ONLY: reasons.VENUE_CLOSED,
        Fault.OTHER: reasons.NOT_SUPPORTED,
    }
)
_FILTERS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "PRICE_FILTER": reasons.VENUE_TICK,
        "PERCENT_PRICE": reasons.VENUE_BAND,
        "PERCENT_PRICE_BY_SIDE": reasons.VENUE_BAND,
        "LOT_SIZE": reasons.VENUE_LOT,
        "MARKET_LOT_SIZE": reasons.VENUE_LOT,
        "MIN_NOTIONAL": reasons.VENUE_NOTIONAL,
        "NOTIONAL": reasons.VENUE_NOTIONAL,
        "MAX_NUM_ORDERS": reasons.VENUE_TOO_MANY,
        "MAX_NUM_ALGO_ORDERS": reasons.VENUE_TOO_MANY,
        "EXCHANGE_MAX_NUM_ORDERS": reasons.VENUE_TOO_MANY,
        "EXCHANGE_MAX_NUM_ALGO_ORDERS": reasons.VENUE_TOO_MANY,
        "MAX_POSITION": reasons.VENUE_MAXIMUM,
    }
)

Meaning = tuple[Fault | None, int]
"""A fault with its reason; None: nobody knows what became of the request."""


def _table(*rows: tuple[Fault | None, Iterable[int]], **special: Meaning) -> dict[int, Meaning]:
    table: dict[int, Meaning] = {}
    for fault, codes in rows:
        for code in codes:
            table[code] = (fault, _REASONS.get(fault, 0) if fault else 0)
    table.update({int(name[1:]) * -1: meaning for name, meaning in special.items()})
    return table


_SHARED: Final = _table(
    # "execution status unknown", and internal errors that do not say what was done
    (None, (-1000, -1001, -1006, -1007)),
    (Fault.RATE_LIMIT, (-1003, -1008, -1015, -1034, -1181)),
    (Fault.MAINTENANCE, (-1016,)),
    (Fault.CLOCK, (-1021,)),
    (Fault.AUTH, (-1002, -1022, -2014, -2015)),
    (Fault.NO_ORDER, (-2013, -2026)),
    (Fault.OTHER, (
        -1014, -1020, -1100, -1101, -1102, -1103, -1104, -1105, -1106, -1108, -1112, -1114, -1115,
        -1116, -1117, -1118, -1119, -1120, -1121, -1125, -1127, -1128, -1130, -2010, -2011, -2016,
    )),
    (Fault.FILTER, (-1013,)),
    c1111=(Fault.FILTER, reasons.VENUE_LOT),
)  # fmt: skip

SPOT: Final[Mapping[int, Meaning]] = MappingProxyType({
    **_SHARED,
    **_table(
        (Fault.OTHER, (
            -1033, -1035, -1122, -1134, -1135, -1139, -1145, -1151, -1152, -1153, -1155, -1158,
            -1160, -1161, -1165, -1166, -1168, -1169, -1170, -1171, -1172, -1173, -1174, -1175,
            -1176, -1177, -1178, -1179, -1180, -1182, -1183, -1184, -1185, -1186, -1187, -1188,
            -1189, -1190, -1191, -1194, -1196, -1197, -1198, -1199, -1210, -1211, -1220, -1221,
            -1222, -1223, -1224, -1225, -2035, -2036, -2042, -2043,
        )),
        # answers to cancel-and-replace, which is not used here
        (Fault.OTHER, (-2021, -2022)),
        (Fault.NO_ORDER, (-2039,)),
    ),
})  # fmt: skip

PERP: Final[Mapping[int, Meaning]] = MappingProxyType({
    **_SHARED,
    **_table(
        (None, (-1010,)),
        (Fault.AUTH, (-1005, -1011, -1099, -1109, -2017, -4056, -4057)),
        (Fault.CLOCK, (-4188, -5028)),
        (Fault.POST_ONLY, (-5022,)),
        (Fault.REDUCE_ONLY, (-2022, -2024, -4112, -4118)),
        (Fault.TOO_MANY, (-2025, -4045)),
        (Fault.DUPLICATE, (-4111, -4115, -4116)),
        (Fault.MODE, (
            -2023, -4060, -4061, -4062, -4067, -4068, -4089, -4090, -4189, -4192, -4220, -4400,
            -4401, -4402, -4531,
        )),
        (Fault.FILTER, (
            -4001, -4003, -4006, -4008, -4009, -4010, -4011, -4012, -4017, -4018, -4019, -4025,
            -4029, -4030, -4058,
        )),
        (Fault.OTHER, (
            -1004, -1023, -1110, -1113, -1126, -1136, -2012, -2020, -4000, -4015, -4020, -4021,
            -4022, -4026, -4027, -4028, -4031, -4032, -4033, -4044, -4046, -4047, -4048, -4049,
            -4052, -4053, -4054, -4055, -4059, -4082, -4083, -4084, -4086, -4087, -4088, -4104,
            -4110, -4114, -4117, -4120, -4135, -4136, -4137, -4138, -4139, -4150, -4194, -4195,
            -4196, -4197, -4198, -4199, -4200, -4201, -4202, -5021, -5024, -5025, -5026, -5027,
            -5037, -5038, -5039, -5040, -5041,
        )),
        c2018=(Fault.FUNDS, reasons.VENUE_NO_FUNDS),
        c2019=(Fault.FUNDS, reasons.VENUE_NO_MARGIN),
        # a position too large for its leverage: brackets are read anew, as for missing margin
        c2027=(Fault.FUNDS, reasons.VENUE_NO_MARGIN),
        c2028=(Fault.FUNDS, reasons.VENUE_NO_MARGIN),
        c4050=(Fault.FUNDS, reasons.VENUE_NO_MARGIN),
        c4051=(Fault.FUNDS, reasons.VENUE_NO_MARGIN),
        c2021=(Fault.OTHER, reasons.WOULD_TRIGGER),
        c4142=(Fault.OTHER, reasons.WOULD_TRIGGER),
        c2026=(Fault.OTHER, reasons.NOT_SUPPORTED),
        c4002=(Fault.FILTER, reasons.VENUE_BAND),
        c4007=(Fault.FILTER, reasons.VENUE_BAND),
        c4013=(Fault.FILTER, reasons.VENUE_BAND),
        c4016=(Fault.FILTER, reasons.VENUE_BAND),
        c4024=(Fault.FILTER, reasons.VENUE_BAND),
        c4113=(Fault.FILTER, reasons.VENUE_BAND),
        c4131=(Fault.FILTER, reasons.VENUE_BAND),
        c4151=(Fault.FILTER, reasons.VENUE_BAND),
        c4152=(Fault.FILTER, reasons.VENUE_BAND),
        c4154=(Fault.FILTER, reasons.VENUE_BAND),
        c4155=(Fault.FILTER, reasons.VENUE_BAND),
        c4183=(Fault.FILTER, reasons.VENUE_BAND),
        c4184=(Fault.FILTER, reasons.VENUE_BAND),
        c4210=(Fault.FILTER, reasons.VENUE_BAND),
        c4211=(Fault.FILTER, reasons.VENUE_BAND),
        c4004=(Fault.FILTER, reasons.VENUE_MINIMUM),
        c4005=(Fault.FILTER, reasons.VENUE_MAXIMUM),
        c4014=(Fault.FILTER, reasons.VENUE_TICK),
        c4023=(Fault.FILTER, reasons.VENUE_LOT),
        c4164=(Fault.FILTER, reasons.VENUE_NOTIONAL),
        c4178=(Fault.FILTER, reasons.VENUE_NOTIONAL),
        c4140=(Fault.OTHER, reasons.VENUE_CLOSED),
        c4141=(Fault.OTHER, reasons.VENUE_CLOSED),
    ),
})  # fmt: skip
"""The stored page is that of the coin perpetuals; codes that USDT perpetuals add are here too."""

TABLES: Final[Mapping[Product, Mapping[int, Meaning]]] = MappingProxyType(
    {Product.SPOT: SPOT, Product.PERP: PERP}
)

# Parts of texts, asked in this order; each decides a code that has many causes.
_TEXTS: Final[tuple[tuple[str, Fault, int], ...]] = (
    ("insufficient balance", Fault.FUNDS, reasons.VENUE_NO_FUNDS),
    ("immediately match and take", Fault.POST_ONLY, reasons.POST_ONLY_CROSSES),
    ("duplicate order", Fault.DUPLICATE, 0),
    ("trigger immediately", Fault.OTHER, reasons.WOULD_TRIGGER),
    ("unknown order", Fault.NO_ORDER, reasons.UNKNOWN_ORDER),
    ("market is closed", Fault.OTHER, reasons.VENUE_CLOSED),
    ("disabled on this account", Fault.AUTH, reasons.VENUE_AUTH),
    ("not permitted for this account", Fault.AUTH, reasons.VENUE_AUTH),
    ("trading is not enabled", Fault.AUTH, reasons.VENUE_AUTH),
    ("cancel restrictions", Fault.OTHER, reasons.NOT_SUPPORTED),
    ("liquidity not available", Fault.OTHER, reasons.NO_MARKET),
    ("does not have enough funds", Fault.FUNDS, reasons.VENUE_NO_FUNDS),
)
_BY_TEXT: Final = frozenset({-1013, -2010, -2011})
_FILTER: Final = re.compile(r"filter failure:\s*([a-z_]+)")
_BAN: Final = re.compile(r"banned until (\d{10,})")
_UNKNOWN_503: Final = "unknown error"

REFUSED: Final = msgspec.json.Decoder(Refused)
SOCKET_FAILURE: Final = msgspec.json.Decoder(SocketFailure)


def meaning(product: Product, code: int, text: str) -> Meaning:
    """Return what an error means; a code of no table is unknown."""
    if code in _BY_TEXT:
        lowered = text.lower()
        if match := _FILTER.search(lowered):
            reason = _FILTERS.get(match[1].upper(), reasons.VENUE_LOT)
            too_many = reason == reasons.VENUE_TOO_MANY
            return (Fault.TOO_MANY if too_many else Fault.FILTER), reason
        for part, fault, reason in _TEXTS:
            if part in lowered:
                return fault, reason
    return TABLES[product].get(code, (None, 0))


def refusal(
    product: Product, code: int, text: str, *, retry_after_ns: int = 0, now_ns: int = 0
) -> Refusal | Unclear:
    """Return what an error code and its text amount to."""
    fault, reason = meaning(product, code, text)
    said = f"{code} {text}".strip()
    if fault is None:
        return Unclear(text=said)
    if fault is Fault.RATE_LIMIT and (match := _BAN.search(text)):
        fault = Fault.BANNED
        retry_after_ns = retry_after_ns or max(0, int(match[1]) * 1_000_000 - now_ns)
    return Refusal(fault=fault, code=reason, retry_after_ns=retry_after_ns, text=said)


def refused(product: Product, answer: Answer, now_ns: int = 0) -> Refusal | Unclear:
    """Read an answer that is no success."""
    wait_ns = _retry_after_ns(answer.headers)
    try:
        error = REFUSED.decode(answer.body)
    except ValueError:
        error = None
    text = (
        f"{answer.status} {error.code} {error.msg}" if error else f"{answer.status} {_head(answer)}"
    )
    if answer.status == 418:  # noqa: PLR2004 - an HTTP status
        return _limited(Fault.BANNED, text, wait_ns, now_ns)
    if answer.status in (403, 429):  # 403: the firewall's limit, the request went no further
        return _limited(Fault.RATE_LIMIT, text, wait_ns, now_ns)
    if answer.status == 503:  # noqa: PLR2004
        return _unavailable(answer, error, text)
    if error is None or answer.status >= 500:  # noqa: PLR2004
        return Unclear(text=text)
    return refusal(product, error.code, error.msg, retry_after_ns=wait_ns, now_ns=now_ns)


def taken(
    product: Product, decoder: "msgspec.json.Decoder[T]", answer: Answer, now_ns: int = 0
) -> T | Refusal | Unclear:
    """Return the value of a successful answer, or what it is instead."""
    if not 200 <= answer.status < 300:  # noqa: PLR2004
        return refused(product, answer, now_ns)
    try:
        return decoder.decode(answer.body)
    except ValueError as wrong:
        try:  # an error under a success's status
            error = REFUSED.decode(answer.body)
        except ValueError:
            error = None
        if error is not None and error.code < 0:
            return refusal(product, error.code, error.msg, now_ns=now_ns)
        return Unclear(text=f"the answer does not decode: {wrong}: {_head(answer)}")


def socket_refusal(product: Product, frame: bytes, now_ns: int = 0) -> Refusal | Unclear:
    """Read the error of an answer on a WebSocket API."""
    try:
        failure = SOCKET_FAILURE.decode(frame)
    except ValueError as wrong:
        return Unclear(text=f"the answer does not decode: {wrong}")
    error = failure.error
    wait_ns = 0
    if error.data is not None and error.data.retry_after:
        wait_ns = max(0, error.data.retry_after * 1_000_000 - now_ns)
    text = f"{failure.status} {error.code} {error.msg}"
    if failure.status == 418:  # noqa: PLR2004
        return _limited(Fault.BANNED, text, wait_ns, now_ns)
    if failure.status == 429:  # noqa: PLR2004
        return _limited(Fault.RATE_LIMIT, text, wait_ns, now_ns)
    if failure.status >= 500:  # noqa: PLR2004
        return Unclear(text=text)
    return refusal(product, error.code, error.msg, retry_after_ns=wait_ns, now_ns=now_ns)


def is_missing(reply: Reply) -> bool:
    """Say whether a reply means that no such order is known there."""
    return isinstance(reply, Refusal) and reply.fault is Fault.NO_ORDER


def _unavailable(answer: Answer, error: Refused | None, text: str) -> Refusal | Unclear:
    """503 has three variants; only that of the unknown error may have been carried out."""
    said = (error.msg if error else answer.body.decode("utf-8", "replace")).lower()
    if error is not None and error.code == -1008:  # noqa: PLR2004 - throttled
        return _limited(Fault.RATE_LIMIT, text, _retry_after_ns(answer.headers), 0)
    closed = error is not None and error.code == -1016  # noqa: PLR2004 - shut down
    if closed or (_UNKNOWN_503 not in said and "service unavailable" in said and "<" not in said):
        return Refusal(fault=Fault.MAINTENANCE, code=reasons.VENUE_CLOSED, text=text)
    return Unclear(text=text)


def _limited(fault: Fault, text: str, wait_ns: int, now_ns: int) -> Refusal:
    if not wait_ns and (match := _BAN.search(text)):
        wait_ns = max(0, int(match[1]) * 1_000_000 - now_ns)
    return Refusal(fault=fault, code=reasons.VENUE_BUSY, retry_after_ns=wait_ns, text=text)


def _retry_after_ns(headers: Mapping[str, str]) -> int:
    text = headers.get("retry-after", "")
    return int(text) * _SECOND_NS if text.isdecimal() else 0


def _head(answer: Answer) -> str:
    return answer.body[:200].decode("utf-8", "replace")
