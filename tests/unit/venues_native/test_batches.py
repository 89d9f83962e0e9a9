"""Who is meant by which row of an answer to a batch."""

from steelyard.model.reports import Fault, Refusal, Reply, Success, Unclear
from steelyard.venues.native.batches import Told, joined, replies, whole

OK, NO = Success(), Refusal(fault=Fault.OTHER, text="no")
SILENT = Unclear(text="the answer does not speak of the order")


def told(*rows: tuple[str, Reply]) -> tuple[Told, ...]:
    return tuple(Told(name, reply) for name, reply in rows)


def test_rows_with_names_are_theirs_in_whatever_order() -> None:
    assert replies("ab", told(("b", NO), ("a", OK))) == [OK, NO]


def test_rows_without_names_are_of_their_places() -> None:
    assert replies("abc", told(("a", OK), ("", NO), ("c", OK))) == [OK, NO, OK]


def test_places_are_not_believed_where_the_count_or_a_named_row_is_wrong() -> None:
    assert replies("abc", told(("a", OK), ("", NO))) == [OK, SILENT, SILENT]
    assert replies("ab", told(("b", OK), ("", NO))) == [SILENT, OK]
    assert replies("ab", told(("", OK), ("", OK), ("", NO))) == [SILENT, SILENT]
    assert replies("ab", told(("stranger", OK), ("", NO))) == [SILENT, SILENT]


def test_an_order_nobody_speaks_of_or_two_rows_differently_is_unclear() -> None:
    assert replies("ab", told(("a", OK), ("a", OK))) == [OK, SILENT]
    first, second = replies("ab", told(("a", OK), ("a", NO)))
    assert isinstance(first, Unclear)
    assert second == SILENT
    assert replies("ab", ()) == [SILENT, SILENT]


def test_one_reply_is_everybodys() -> None:
    lost = Unclear(text="lost")
    assert replies("ab", lost) == [lost, lost]
    assert replies("ab", NO) == [NO, NO]


def test_what_was_never_sent_keeps_its_own_reply() -> None:
    unsaid = told(("b", NO))
    assert replies("abc", joined("ac", told(("", OK), ("", OK)), unsaid)) == [OK, NO, OK]
    assert replies("abc", joined("ac", told(("", OK)), unsaid)) == [SILENT, NO, SILENT]
    assert replies("abc", joined("ac", SILENT, unsaid)) == [SILENT, NO, SILENT]


def test_an_answer_to_one_order_has_no_rows() -> None:
    assert whole(OK) == OK
    assert isinstance(whole(told(("a", OK))), Unclear)
