"""Client order ids: the same for the same order, different for different ones, in every grammar."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.model.client_ids import GRAMMARS, SLOT_MAX, ClientId, decode, encode
from steelyard.model.errors import ConfigurationError

ids = st.builds(
    ClientId,
    book=st.integers(0, 36**7 - 1), robot=st.integers(0, 36**4 - 1),
    slot=st.integers(-SLOT_MAX - 1, SLOT_MAX), generation=st.integers(0, 36**6 - 1),
)  # fmt: skip
venues = st.sampled_from(["", "somewhere", *GRAMMARS])


@given(ids, venues)
def test_an_id_comes_back_as_what_it_stands_for(one: ClientId, venue: str) -> None:
    assert decode(encode(*one, venue=venue)) == one


@given(ids, venues)
def test_an_id_fits_the_venues_grammar_and_thirty_characters(one: ClientId, venue: str) -> None:
    text = encode(*one, venue=venue)

    assert len(text) <= 30
    if venue in GRAMMARS:
        assert re.fullmatch(GRAMMARS[venue].allowed, text)


@given(ids, ids)
def test_two_orders_never_share_an_id(one: ClientId, other: ClientId) -> None:
    assert (encode(*one) == encode(*other)) == (one == other)


def test_the_text_never_changes() -> None:
    """Ids lie at venues and in journals: an edit that alters them loses orders."""
    assert encode(1, 2, -3, 4) == "s00000010002000005000004qjd"
    assert encode(1, 2, -3, 4, venue="gate") == "t-s00000010002000005000004qjd"


@given(ids, st.data())
def test_one_wrong_character_is_noticed(one: ClientId, data: st.DataObject) -> None:
    text = encode(*one)
    place = data.draw(st.integers(0, len(text) - 1))
    wrong = data.draw(st.sampled_from([c for c in "0123456789abcxyz" if c != text[place]]))

    assert decode(text[:place] + wrong + text[place + 1 :]) is None


@given(ids, st.data())
def test_two_swapped_characters_are_noticed(one: ClientId, data: st.DataObject) -> None:
    text = encode(*one)
    place = data.draw(st.integers(0, len(text) - 2))
    swapped = text[:place] + text[place + 1] + text[place] + text[place + 2 :]

    assert decode(swapped) == (one if swapped == text else None)


@pytest.mark.parametrize(
    "text", ["", "s", "web_1234", "x-abc", "t-123", "S00000010002000005000004qjd", "s" * 27]
)
def test_an_order_of_somebody_else_is_not_ours(text: str) -> None:
    assert decode(text) is None


@pytest.mark.parametrize(
    "given,words",
    [
        ((-1, 0, 0, 0), "book of a client order id was -1, allowed is 0 to 78364164095"),
        ((0, 36**4, 0, 0), "robot of a client order id was 1679616, allowed is 0 to 1679615"),
        ((0, 0, SLOT_MAX + 1, 0), f"slot of a client order id was {SLOT_MAX + 1}, allowed is -"),
        ((0, 0, 0, -5), "generation of a client order id was -5, allowed is 0 to 2176782335"),
    ],
)  # fmt: skip
def test_a_number_that_does_not_fit_is_refused(given: tuple[int, ...], words: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(words)):
        encode(*given)
