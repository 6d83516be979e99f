"""Sentences of refusals: they say what to do, with the limit or the choices, and never the value that was sent."""

import pytest
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from ilp_registry.registration.schemas import PersonInput
from ilp_shared.http.paging import Paged
from ilp_shared.http.refusals import field_errors
from ilp_shared.problems import FieldError

PERSON = {"name": "Contoh", "sex": "female", "birth_date": "1990-02-03", "home_area": "13.76.01.1002"}


def faults(form: type[BaseModel], content: object) -> list[FieldError]:
    with pytest.raises(ValidationError) as refusal:
        form.model_validate(content)
    return field_errors(RequestValidationError(refusal.value.errors()))


@pytest.mark.parametrize(
    ("change", "pointer", "code", "sentence"),
    [
        ({"nik": "137601430290000"}, "/nik", "string_pattern_mismatch", "Terdiri atas 16 angka; yang dikirim 15."),
        ({"nik": "137601430290000x"}, "/nik", "string_pattern_mismatch", "Terdiri atas 16 angka; yang dikirim 16."),
        ({"sex": "P"}, "/sex", "literal_error", "Bukan salah satu pilihan: male, female."),
        ({"home_area": "13.76.01"}, "/home_area", "not_a_village", "Pilih desa/kelurahan (mis. 13.76.01.1002), bukan"),
        ({"name": "x" * 201}, "/name", "string_too_long", "Terlalu panjang: paling banyak 200 huruf."),
    ],
)
def test_a_person_s_faults(change: dict[str, object], pointer: str, code: str, sentence: str) -> None:
    (fault,) = faults(PersonInput, PERSON | change)
    assert (fault.pointer, fault.code) == (pointer, code)
    assert fault.message.id.startswith(sentence)
    assert str(next(iter(change.values()))) not in fault.message.both.replace("13.76.01.1002", "")


def test_a_limit_is_named() -> None:
    (fault,) = faults(Paged, {"limit": 501})
    assert fault.message.both == "Terlalu besar: paling banyak 500. / Too large: 500 at most."
