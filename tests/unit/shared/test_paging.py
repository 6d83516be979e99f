"""Cursors: any key survives the round trip, any foreign text is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ilp_shared.http.paging import decode_cursor, encode_cursor
from ilp_shared.problems import InvalidInput


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=3))
def test_round_trip(key: list[str]) -> None:
    assert decode_cursor(encode_cursor(*key), len(key)) == tuple(key)


@given(st.text(max_size=40))
def test_foreign_text_is_refused_or_harmless(text: str) -> None:
    try:
        key = decode_cursor(text, 2)
    except InvalidInput:
        return
    assert key is not None
    assert len(key) == 2


def test_a_cursor_of_another_list_is_refused() -> None:
    with pytest.raises(InvalidInput):
        decode_cursor(encode_cursor("only one"), 2)
