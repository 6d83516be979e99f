"""What a refusal repeats of a request: places, never data."""

import pytest

from ilp_shared.http.batches import refused_as
from ilp_shared.ids import new_id
from ilp_shared.problems import CHECK_FIELDS, AlreadyStored, Conflict, FieldError, InvalidInput, KeyInProgress
from ilp_shared.text import Text

SENTENCE = Text("Wajib diisi.", "Required.")


@pytest.mark.parametrize(
    ("pointer", "expected"),
    [
        ("/observations/weight_kg", "/observations/weight_kg"),
        ("/items/12/idempotency_key", "/items/12/idempotency_key"),
        ("/observations/1376014503240000", "/observations/?"),
        ("/observations/\ud800", "/observations/?"),
        ("/Siti Contoh/x", "/?/x"),
    ],
)
def test_a_pointer_shows_field_names_only(pointer: str, expected: str) -> None:
    error = FieldError(pointer=pointer, code="x", message=Text("x", "x"))
    assert error.pointer == expected
    assert error.model_dump_json()


def test_the_refusal_of_a_field_names_it_and_says_what_to_do() -> None:
    document = InvalidInput.at("/name", "missing", SENTENCE).document("en")
    assert document.detail == CHECK_FIELDS.en
    assert document.model_dump(mode="json", exclude_none=True)["errors"] == [
        {"pointer": "/name", "code": "missing", "message": {"id": "Wajib diisi.", "en": "Required."}}
    ]


def test_a_stored_record_is_named_only_when_it_may_be_known() -> None:
    stored = new_id()
    assert AlreadyStored(SENTENCE, stored).document("id").existing_id == stored
    assert AlreadyStored(SENTENCE).document("id").existing_id is None


@pytest.mark.parametrize(
    ("problem", "retryable"),
    [(Conflict(SENTENCE), False), (Conflict(SENTENCE, retry_after_s=2), True), (KeyInProgress(SENTENCE), True)],
)
def test_whether_the_same_request_can_succeed_later(problem: Conflict, retryable: bool) -> None:
    assert problem.document("id").retryable is problem.may_be_repeated is retryable
    assert refused_as(problem) == ("rejected" if retryable else "conflict")
