"""The signatures' HMAC is the library's."""

import hmac
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.venues.native.keyed import keyed

# Keys around the block sizes of both hashes, where padding ends and hashing of the key begins.
KEYS = st.one_of(st.text(max_size=70), st.text(min_size=60, max_size=140))


@pytest.mark.parametrize("kind", ["sha256", "sha512"])
@given(secret=KEYS, texts=st.lists(st.text(max_size=200), min_size=1, max_size=3))
def test_equal_to_the_library_for_every_key_and_text(
    kind: Literal["sha256", "sha512"], secret: str, texts: list[str]
) -> None:
    for text in texts:
        assert keyed(kind, secret, text) == hmac.digest(secret.encode(), text.encode(), kind)
