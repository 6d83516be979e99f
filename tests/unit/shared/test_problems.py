"""What a refusal repeats of a request: places, never data."""

import pytest

from ilp_shared.problems import FieldError


@pytest.mark.parametrize(
    ("pointer", "shown"),
    [
        ("/observations/weight_kg", "/observations/weight_kg"),
        ("/items/12/idempotency_key", "/items/12/idempotency_key"),
        ("/observations/1376014503240000", "/observations/?"),
        ("/observations/\ud800", "/observations/?"),
        ("/Siti Contoh/x", "/?/x"),
    ],
)
def test_a_pointer_shows_field_names_only(pointer: str, shown: str) -> None:
    error = FieldError(pointer=pointer, code="x", message="x", message_en="x")
    assert error.pointer == shown
    assert error.model_dump_json()
