"""What OKX's codes mean: every documented code in one table.

Rule 1: a code that the table does not list means nothing: who asked cannot know what was done.
Rule 2: a code whose text says that the outcome is unknown, or that the venue failed inside, is
listed under None, as unclear as an unlisted one.
Rule 3: the code of an order (`sCode`) decides about the order, the code of the answer only where no
order's code is told.
Rule 4: what concerns one instrument alone (suspended, settling, in an auction, not allowed where
the account lives) is OTHER: MAINTENANCE, CANCEL_ONLY and AUTH stop everything else as well.
Rule 5: a body that is no JSON of the venue's decides nothing, whatever its status; a status alone
counts only where it proves that the request was turned away at the door.
"""

from collections.abc import Mapping
from typing import Final, TypeAlias

import msgspec

from steelyard.model import reasons
from steelyard.model.reports import Fault, Refusal, Reply, Success, Unclear
from steelyard.venues.okx.words import Bare, Verdict
from steelyard.wire.http import Answer

Refused: TypeAlias = Refusal | Unclear

# Codes and runs of codes without a hole; the parts that the documentation puts behind a `_` are
# told as `subCode` and change nothing.
_TABLE: Final[tuple[tuple[Fault | None, str], ...]] = (
    (Fault.RATE_LIMIT, "50011 50040 50061 51113 51115 58102 60014 60023"),
    (Fault.AUTH, (
        "4001 4007 50007-50010 50012 50027-50030 50035 50041 50051 50059-50060 50100-50101 "
        "50103-50111 50113-50114 50116 50118-50121 51024 51035 51411 60005 60007 60009 "
        "60011 60024 60026 60031-60032"
    )),
    (Fault.FUNDS, (
        "51008 51017 51127 51131 51143 51502 51736 52914-52916 54012 58229 58350 59103 "
        "59108 59133 59200 59303-59304 59308 59411 59648 59692-59693"
    )),
    (Fault.FILTER, (
        "50122 51004-51007 51020 51031 51033 51046-51053 51101 51105-51108 51116 "
        "51120-51123 51129 51132 51135-51138 51150 51180 51185 51187 51201-51204 51207 "
        "51250 51252 51257-51259 51275-51280 51300 51302-51308 51311-51312 51514"
    )),
    (Fault.POST_ONLY, "51511"),
    (Fault.REDUCE_ONLY, (
        "51023 51043 51058 51112 51125-51126 51133-51134 51139 51148 51169-51171 "
        "51205-51206 51333 51341 51521-51522"
    )),
    (Fault.NO_ORDER, "51063 51400-51402 51405 51410 51416 51503 51509-51510 51603"),
    (Fault.DUPLICATE, "50071 51011 51016 51065 51068"),
    (Fault.CLOCK, "50036-50037 50102 50112 60004 60006"),
    (Fault.MODE, (
        "50048 50072 51010 51039 51041 51070 51072-51074 51128 51186 51298 51317 59000 "
        "59002 59005 59101-59102 59104-59105 59107 59109 59111-59112 59128 59134 "
        "59136-59138 59202 59216 59218 59247 59256 59283 59286 59288 59292 59300 59313 "
        "59520 59523-59524 59641-59643 59649-59651 59662 59665 59668-59670"
    )),
    (Fault.TOO_MANY, (
        "4003 4008-4009 50025 51025 51102-51104 51111 51117 51174 51182 51260-51263 51299 "
        "51406 51501 51513"
    )),
    (Fault.MAINTENANCE, "50001 50005 50017-50023 50046 50062 50064 64008"),
    (Fault.CANCEL_ONLY, "51037-51038 51209-51214"),
    (Fault.OTHER, (
        "50000 50002 50006 50014-50016 50024 50032-50033 50038-50039 50044-50045 50047 "
        "50049-50050 50052-50053 50055-50058 50063 50067 50069 50075-50077 50115 "
        "51000-51003 51009 51012 51014-51015 51018-51019 51021-51022 51026-51030 51032 "
        "51034 51036 51040 51042 51044 51055-51057 51059 51066 51069 51071 51075-51096 "
        "51098-51100 51109-51110 51124 51130 51140 51142 51144 51147 51152-51156 "
        "51158-51159 51162-51168 51173 51175-51179 51181 51192-51197 51220-51226 51251 "
        "51253-51256 51264-51265 51267-51274 51281-51295 51309-51310 51313 51320-51332 "
        "51340 51342-51359 51370 51380-51399 51403-51404 51407-51409 51413 51415 51500 "
        "51505-51508 51512 51523-51532 51536-51539 51543 51600-51602 51604-51606 51608 "
        "51610-51611 51620-51621 51625 51720-51735 51737-51739 51750-51762 51820-51825 "
        "52000 52900-52905 52907-52911 52913 52917-52929 54000-54001 54004-54009 54011 "
        "54018-54019 54024-54031 54035-54036 54039-54048 54070-54075 54078-54079 54092 "
        "55000 55100-55106 55111-55113 55116 56000-56008 58002-58016 58100-58101 "
        "58103-58107 58110-58117 58119-58123 58125-58129 58131-58132 58200-58210 "
        "58212-58228 58230-58244 58248-58249 58252 58254 58256-58258 58300-58310 "
        "58351-58356 58358 58373 58381-58384 58400-58407 59001 59004 59006 59106 59110 "
        "59113-59114 59117-59125 59129-59130 59132 59135 59139-59142 59201 59206 59245 "
        "59258-59260 59262-59264 59267-59270 59273-59277 59279-59280 59282 59284-59285 "
        "59287 59301-59302 59305-59307 59309-59312 59314-59317 59319 59401-59402 59410 "
        "59412-59414 59417 59500-59510 59512 59515-59519 59521-59522 59525-59529 59550 "
        "59601 59603-59604 59606 59608-59619 59622-59623 59652 59658-59661 59664 59666 "
        "59671-59676 59678-59679 59683-59684 59686 59689 59691 60008 60012-60013 "
        "60018-60019 60027-60028 60033 64000-64004 70000-70016 70060-70062 70064-70067 "
        "70100-70103 70105-70109 70200 70203 70207-70208 70301 70303-70310 70400 "
        "70408-70409 70501-70510 70514-70518 75001-75003"
    )),
    (None, (
        "1-2 1009 4002 4004-4006 50004 50013 50026 50042 51054 51149 51412 51607 52912 "
        "54049 58124 59278 63999 64007 70511"
    )),
)  # fmt: skip


def _expanded() -> dict[str, Fault | None]:
    table: dict[str, Fault | None] = {}
    for fault, codes in _TABLE:
        for run in codes.split():
            first, _, last = run.partition("-")
            for code in range(int(first), int(last or first) + 1):
                if str(code) in table:
                    raise AssertionError(f"code {code} is listed twice")
                table[str(code)] = fault
    return table


MEANINGS: Final[Mapping[str, Fault | None]] = _expanded()
"""By code; None: documented as unclear."""

_REASON_OF: Final[Mapping[Fault, int]] = {
    Fault.RATE_LIMIT: reasons.VENUE_BUSY,
    Fault.AUTH: reasons.VENUE_AUTH,
    Fault.FUNDS: reasons.VENUE_NO_FUNDS,
    Fault.POST_ONLY: reasons.POST_ONLY_CROSSES,
    Fault.REDUCE_ONLY: reasons.VENUE_WOULD_INCREASE,
    Fault.NO_ORDER: reasons.UNKNOWN_ORDER,
    Fault.CLOCK: reasons.VENUE_BUSY,
    Fault.MODE: reasons.VENUE_MODE,
    Fault.TOO_MANY: reasons.VENUE_TOO_MANY,
    Fault.MAINTENANCE: reasons.VENUE_CLOSED,
    Fault.CANCEL_ONLY: reasons.VENUE_CLOSED,
}
_FILTER_REASONS: Final[Mapping[str, int]] = {
    "51005": reasons.VENUE_MAXIMUM,
    "51006": reasons.VENUE_BAND,
    "51007": reasons.VENUE_MINIMUM,
    "51020": reasons.VENUE_MINIMUM,
    "51101": reasons.VENUE_MAXIMUM,
    "51116": reasons.VENUE_BAND,
    "51120": reasons.VENUE_MINIMUM,
    "51121": reasons.VENUE_LOT,
    "51122": reasons.VENUE_MINIMUM,
    "51137": reasons.VENUE_BAND,
    "51138": reasons.VENUE_BAND,
    "51150": reasons.VENUE_TICK,
    "51201": reasons.VENUE_MAXIMUM,
    "51202": reasons.VENUE_MAXIMUM,
    "51203": reasons.VENUE_MAXIMUM,
    "51277": reasons.WOULD_TRIGGER,
    "51278": reasons.WOULD_TRIGGER,
    "51279": reasons.WOULD_TRIGGER,
    "51280": reasons.WOULD_TRIGGER,
}
_TOO_MANY_REQUESTS: Final = 429
_SECOND_NS: Final = 1_000_000_000
_BARE: Final = msgspec.json.Decoder(Bare)
_VERDICTS: Final = msgspec.json.Decoder(list[Verdict])
_TEXT_MAX: Final = 200


def code_of(text: str) -> str:
    """Drop the part behind a `_` that the documentation writes where `subCode` tells it."""
    return text.partition("_")[0]


def refused(code: str, text: str, *, retry_after_ns: int = 0) -> Refused:
    """Say what a code means; never call this for code 0."""
    code = code_of(code)
    said = f"{code}: {text}" if text else code
    fault = MEANINGS.get(code)
    if fault is None:
        return Unclear(text=said)
    if code == "51000" and "posSide" in text:
        # The one parameter that is wrong by the account's mode and not by ours.
        fault = Fault.MODE
    reason = _FILTER_REASONS.get(code) or _REASON_OF.get(fault, 0)
    return Refusal(fault=fault, code=reason, retry_after_ns=retry_after_ns, text=said)


def judge(answer: Answer) -> Refused | None:
    """Say what is wrong with an answer as a whole; None: its code is 0, read its data.

    Orders that were refused inside it are found by `verdicts`.
    """
    try:
        bare = _BARE.decode(answer.body)
    except msgspec.MsgspecError:
        return _without_words(answer)
    code = str(bare.code)
    if code == "0":
        return None
    for verdict in _orders_of(bare):
        if verdict.s_code != "0":
            return refused(verdict.s_code, verdict.s_msg or bare.msg)
    return refused(code, bare.msg, retry_after_ns=retry_after_ns(answer))


def verdicts(answer: Answer) -> list[Verdict]:
    """Return what became of each order an answer names; empty where it names none."""
    try:
        return _orders_of(_BARE.decode(answer.body))
    except msgspec.MsgspecError:
        return []


def verdict(answer: Answer) -> Reply:
    """Read the answer to a request that changes something: each order's own code decides."""
    wrong = judge(answer)
    if wrong is not None:
        return wrong
    for one in verdicts(answer):
        if one.s_code != "0":
            return refused(one.s_code, one.s_msg)
    return Success()


def retry_after_ns(answer: Answer) -> int:
    """Read how long the venue says to wait; 0: it does not."""
    text = answer.headers.get("retry-after", "")
    return int(text) * _SECOND_NS if text.isascii() and text.isdigit() else 0


def _orders_of(bare: Bare) -> list[Verdict]:
    if not bytes(bare.data):
        return []
    try:
        return _VERDICTS.decode(bytes(bare.data))
    except msgspec.MsgspecError:
        return []


def _without_words(answer: Answer) -> Refused:
    shown = answer.body[:_TEXT_MAX].decode(errors="replace")
    text = f"status {answer.status}: {shown}"
    if answer.status == _TOO_MANY_REQUESTS:
        return Refusal(
            fault=Fault.RATE_LIMIT, code=reasons.VENUE_BUSY,
            retry_after_ns=retry_after_ns(answer), text=text,
        )  # fmt: skip
    return Unclear(text=text)
