"""The chain finds whatever was done to rows, and names the first bad one."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from steelyard.kernel.ports import Kept
from steelyard.store.journal.chain import chained, genesis, link, verify

FIELDS = ("ts_ns", "event", "intents", "lines", "trade", "digest")


def rows_of(count: int, book: str = "book") -> list[Kept]:
    rows: list[Kept] = []
    digest = genesis(book)
    for n in range(1, count + 1):
        made = chained(
            digest, n, 1_700_000_000 + n, b"event", intents=b"buy", lines=b"why", trade=f"t{n}"
        )
        rows.append(made)
        digest = made.digest
    return rows


def flipped(row: Kept, field: str, bit: int) -> Kept:
    value = getattr(row, field)
    if field == "ts_ns":
        return replace(row, ts_ns=value ^ (1 << bit % 63))
    raw = bytearray(value.encode() if field == "trade" else value)
    raw[bit // 8 % len(raw)] ^= 1 << bit % (7 if field == "trade" else 8)
    return replace(row, **{field: raw.decode() if field == "trade" else bytes(raw)})


def test_rows_as_they_were_written_pass() -> None:
    rows = rows_of(5)

    assert verify("book", rows, head=(5, rows[-1].digest)) is None
    assert verify("book", []) is None
    assert verify("book", rows[3:], after=3, before=rows[2].digest) is None


@given(at=st.integers(0, 4), field=st.sampled_from(FIELDS), bit=st.integers(0, 255))
def test_a_single_flipped_bit_is_found_where_it_is(at: int, field: str, bit: int) -> None:
    rows = rows_of(5)
    rows[at] = flipped(rows[at], field, bit)

    found = verify("book", rows)
    assert found is not None
    assert found.startswith(f"row {at + 1} of book 'book' is not what was written")


@given(at=st.integers(0, 3))
def test_a_removed_row_is_found(at: int) -> None:
    rows = rows_of(5)
    del rows[at]

    assert verify("book", rows) == (
        f"row {at + 1} of book 'book' is missing: row {at + 2} follows row {at}"
    )


@given(at=st.integers(0, 5), again=st.integers(0, 4))
def test_an_inserted_row_is_found(at: int, again: int) -> None:
    rows = rows_of(5)
    rows.insert(at, rows[again])

    assert verify("book", rows) is not None


@given(at=st.integers(0, 3), apart=st.integers(1, 4))
def test_swapped_rows_are_found(at: int, apart: int) -> None:
    rows = rows_of(5)
    other = min(at + apart, 4)
    rows[at], rows[other] = rows[other], rows[at]

    found = verify("book", rows)
    assert found is not None
    assert found.startswith(f"row {at + 1} of book 'book' is missing")


@given(at=st.integers(0, 3), apart=st.integers(1, 4))
def test_rows_whose_contents_were_swapped_are_found(at: int, apart: int) -> None:
    rows = rows_of(5)
    other = min(at + apart, 4)
    rows[at], rows[other] = replace(rows[other], n=at + 1), replace(rows[at], n=other + 1)

    found = verify("book", rows)
    assert found is not None
    assert found.startswith(f"row {at + 1} of book 'book' is not what was written")


def test_an_end_that_was_cut_off_or_written_anew_is_found_by_its_head() -> None:
    rows = rows_of(5)
    head = (5, rows[-1].digest)

    assert verify("book", rows[:3]) is None
    assert verify("book", rows[:3], head=head) == (
        "row 4 of book 'book' is missing: the book had 5 rows, 3 are left"
    )
    anew = [*rows[:4], chained(rows[3].digest, 5, 1, b"another")]
    assert verify("book", anew, head=head) is not None
    assert verify("book", [*rows, chained(head[1], 6, 1, b"more")], head=head) is not None


def test_rows_of_another_book_are_found() -> None:
    assert verify("book", rows_of(2, "other")) is not None


def test_bytes_cannot_move_from_one_field_into_the_next() -> None:
    before = genesis("book")
    digests = {
        link(before, 1, 2, b"ab", b"", b"", ""),
        link(before, 1, 2, b"a", b"b", b"", ""),
        link(before, 1, 2, b"a", b"", b"b", ""),
        link(before, 1, 2, b"a", b"", b"", "b"),
        link(before, 2, 1, b"ab", b"", b"", ""),
    }

    assert len(digests) == 5
