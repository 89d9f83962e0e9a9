"""ccxt's errors: each class means one thing, and none gives anything away."""

import ccxt
import pytest
from ccxt.base import errors as theirs

from steelyard.model.reports import Fault, NotSent, Refusal, Unclear
from steelyard.venues.ccxt.errors import FAULTS, fault_of, reply_of, text_of
from steelyard.venues.ccxt.opening import NeverLeft

CLASSES = [
    one
    for one in vars(theirs).values()
    if isinstance(one, type) and issubclass(one, ccxt.BaseError)
]


def test_every_class_of_ccxt_stands_in_the_table() -> None:
    assert {one.__name__ for one in CLASSES} == set(FAULTS)


@pytest.mark.parametrize("one", CLASSES, ids=lambda one: one.__name__)
def test_a_class_means_what_its_row_says(one: type[Exception]) -> None:
    reply = reply_of(one("binance said so"))

    expected = FAULTS[one.__name__]
    if expected is None:
        assert isinstance(reply, Unclear)
    else:
        assert isinstance(reply, Refusal)
        assert reply.fault == expected


@pytest.mark.parametrize(
    "name",
    ["NetworkError", "RequestTimeout", "ExchangeNotAvailable", "ExchangeError", "BadResponse"],
)
def test_what_may_have_happened_is_no_refusal(name: str) -> None:
    assert FAULTS[name] is None


class Newer(ccxt.InsufficientFunds):  # type: ignore[misc]  # ccxt has no types
    """What a later ccxt may add below a class that is known."""


def test_a_class_nobody_listed_means_what_the_one_above_it_means() -> None:
    assert fault_of(Newer("x")) == Fault.FUNDS
    assert fault_of(KeyError("x")) is None
    assert isinstance(reply_of(TypeError("'NoneType' object is not subscriptable")), Unclear)
    assert isinstance(reply_of(TimeoutError()), Unclear)


def test_only_a_proof_makes_it_not_sent() -> None:
    error = ccxt.ExchangeNotAvailable("no connection")
    assert isinstance(reply_of(error), Unclear)
    error.__cause__ = NeverLeft("refused")
    assert isinstance(reply_of(error), NotSent)


@pytest.mark.parametrize(
    "text",
    [
        "binance GET https://api.binance.com/api/v3/order?apiKey=canary&signature=canary",
        'kucoin {"apiKey":"canary","secret": "canary"}',
        "okx passphrase=canary is wrong",
        "gate Signature: canary mismatch",
        "x canary-key y canary-secret z",
    ],
)
def test_no_text_carries_a_credential(text: str) -> None:
    class Holder:
        apiKey, secret, password = "canary-key", "canary-secret", "canary-phrase"  # noqa: N815

    assert "canary" not in text_of(ccxt.NetworkError(text), Holder())
    assert len(text_of(ccxt.NetworkError("long " * 1000))) < 400


def test_an_id_in_use_is_a_duplicate_however_ccxt_calls_it() -> None:
    for text in ("Duplicate order sent.", "clientOid already exists", "order id in use"):
        reply = reply_of(ccxt.InvalidOrder(text))
        assert isinstance(reply, Refusal)
        assert reply.fault == Fault.DUPLICATE


@pytest.mark.parametrize(
    "text,fault",
    [
        ('binance {"code":-2019,"msg":"Margin is insufficient."}', Fault.FUNDS),
        ('binance {"code":-4116,"msg":"ClientOrderId is duplicated."}', Fault.DUPLICATE),
        ('gate {"label":"ORDER_EXISTS","message":"order exists"}', Fault.DUPLICATE),
        ('gate {"label":"ORDER_FINISHED","message":"order finished"}', Fault.NO_ORDER),
        ("bitget The current order status cannot be cancelled", Fault.NO_ORDER),
        ("binance the Post Only order will be rejected", Fault.POST_ONLY),
    ],
)
def test_plain_words_of_a_code_ccxt_does_not_know_are_believed(text: str, fault: Fault) -> None:
    reply = reply_of(ccxt.ExchangeError(text))

    assert isinstance(reply, Refusal)
    assert reply.fault == fault
    assert isinstance(reply_of(ccxt.NetworkError(text)), Unclear)
