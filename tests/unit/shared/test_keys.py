"""One rule of what an Idempotency-Key is, and of what a second request with it gets."""

from types import SimpleNamespace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ilp_shared.http.bodies import hash_of
from ilp_shared.http.submissions import read_item
from ilp_shared.models import Input
from ilp_shared.problems import KeyInProgress, KeyMissing, KeyReused, KeyUnusable
from ilp_shared.write.keys import Replayed, settle, usable_key


@pytest.mark.parametrize(
    ("raw", "key"),
    [("a", "a"), (" a b ", "a b"), ("k" * 255, "k" * 255), (f" {'k' * 255} ", "k" * 255), ("kunci-é-鍵", "kunci-é-鍵")],
)
def test_printable_text_is_a_key(raw: str, key: str) -> None:
    assert usable_key(raw) == key


UNUSABLE = [None, "", "  ", "k" * 256, "a\0b", "a\nb", "\ud800", "a\u200bb", 7, ["a"], b"a"]


@pytest.mark.parametrize("raw", UNUSABLE, ids=ascii)
def test_everything_else_is_none(raw: object) -> None:
    assert usable_key(raw) is None


@pytest.mark.parametrize("serial", ["0000", "9999"])
@pytest.mark.parametrize("form", ["{}", "nik-{}", "{} 1", "orang:{}:2026", " {} "])
def test_a_nik_is_no_key(form: str, serial: str) -> None:
    assert usable_key(form.format("137601" + "430290" + serial)) is None
    assert usable_key(form.format("137601" + "030290" + serial)) is None


@pytest.mark.parametrize("key", ["8" * 16, "1" * 15, "1" * 17, "a" + "1" * 16, UUID(int=7).hex], ids=range(5))
def test_other_numbers_are_keys(key: str) -> None:
    assert usable_key(key) == key


@given(st.text())
def test_a_usable_key_can_be_stored_and_is_its_own_key(raw: str) -> None:
    key = usable_key(raw)
    if key is not None:
        assert usable_key(key) == key
        assert "\0" not in key.encode().decode()


class Named(Input):
    """A form with one field."""

    name: str


def test_an_item_s_key_is_no_part_of_its_body() -> None:
    resources = SimpleNamespace(hash_of=hash_of)
    item = read_item({"idempotency_key": " k ", "name": "Melati"}, Named, resources)  # type: ignore[arg-type]
    assert (item.key, item.sent_key, item.form) == ("k", " k ", Named(name="Melati"))
    assert item.request_hash == hash_of({"name": "Melati"})
    refused = read_item({"name": "Melati"}, Named, resources)  # type: ignore[arg-type]
    assert isinstance(refused.form, KeyMissing)
    assert refused.form.errors[0].pointer == "/idempotency_key"


@pytest.mark.parametrize("raw", [key for key in UNUSABLE if key is not None and key not in ("", "  ")], ids=ascii)
def test_a_key_that_was_sent_and_cannot_be_one_is_not_called_missing(raw: object) -> None:
    resources = SimpleNamespace(hash_of=hash_of)
    refused = read_item({"idempotency_key": raw, "name": "Melati"}, Named, resources)  # type: ignore[arg-type]
    assert isinstance(refused.form, KeyUnusable)
    (fault,) = refused.form.errors
    assert (fault.pointer, fault.code) == ("/idempotency_key", "unusable_key")


def test_what_a_known_key_gets() -> None:
    replayed = settle(b"h", b"h", 201, "{}")
    assert isinstance(replayed, Replayed)
    assert (replayed.status, replayed.body) == (201, "{}")
    assert isinstance(settle(b"h", b"other", 201, "{}"), KeyReused)
    assert isinstance(settle(b"h", b"other", None, None), KeyReused)
    assert isinstance(settle(b"h", b"h", None, None), KeyInProgress)
