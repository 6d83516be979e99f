"""Sentences of refusals: they say what to do, with the limit or the choices, and never the value that was sent."""

import pytest
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from ilp_monitoring.situations.schemas import SituationQuery
from ilp_registry.areas.schemas import AreaInput
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
        ({"nik": "137601430290000x"}, "/nik", "string_pattern_mismatch", "Hanya angka: 16 angka, tanpa huruf"),
        ({"nik": "1376 0143 0290 0000"}, "/nik", "string_pattern_mismatch", "Tulis 16 angka tanpa spasi."),
        ({"nik": "137601430290000 "}, "/nik", "string_pattern_mismatch", "Tulis 16 angka tanpa spasi."),
        ({"nik": ""}, "/nik", "string_pattern_mismatch", "Terdiri atas 16 angka; yang dikirim 0."),
        ({"household": {"kk": "1" * 15 + "O"}}, "/household/kk", "string_pattern_mismatch", "Hanya angka: 16 angka"),
        (
            {"home_area": "13-76-01-1002"},
            "/home_area",
            "string_pattern_mismatch",
            "Kode wilayah dengan titik, mis. 13 ",
        ),
        ({"phone": "0812 0000 0000"}, "/phone", "string_pattern_mismatch", "Nomor telepon: 8–15 angka tanpa spasi"),
        ({"name": "A\nB"}, "/name", "string_pattern_mismatch", "Tanpa tanda kendali"),
        ({"sex": "P"}, "/sex", "literal_error", "Bukan salah satu pilihan: male, female."),
        ({"home_area": "13.76.01"}, "/home_area", "not_a_village", "Pilih desa/kelurahan (mis. 13.76.01.1002), bukan"),
        ({"name": "x" * 201}, "/name", "string_too_long", "Terlalu panjang: paling banyak 200 huruf."),
    ],
)
def test_a_person_s_faults(change: dict[str, object], pointer: str, code: str, sentence: str) -> None:
    (fault,) = faults(PersonInput, PERSON | change)
    assert (fault.pointer, fault.code) == (pointer, code)
    assert fault.message.id.startswith(sentence)
    sent = str(next(iter(change.values())))
    assert not sent or sent not in fault.message.both.replace("13.76.01.1002", "")


@pytest.mark.parametrize("written", ["-0,25", "-0.25"])
def test_a_number_in_quotes_or_with_a_comma_is_told_how_it_is_written(written: str) -> None:
    (fault,) = faults(
        AreaInput, {"code": "13.76.01.1002.RW03", "name": "Contoh", "kind": "rw", "lat": written, "lng": 100.5}
    )
    assert (fault.pointer, fault.code) == ("/lat", "float_type")
    assert fault.message.id == "Harus bilangan, tanpa tanda kutip dan dengan titik, mis. 10.5."


@pytest.mark.parametrize("period", ["2026", "11-2026", "2026-13", "2026-11\n"])
def test_a_month_is_told_how_it_is_written(period: str) -> None:
    (fault,) = faults(SituationQuery, {"period": period})
    assert fault.message.both == "Bulan ditulis TTTT-BB, mis. 2026-11. / A month is written YYYY-MM, e.g. 2026-11."


def test_a_limit_is_named() -> None:
    (fault,) = faults(Paged, {"limit": 501})
    assert fault.message.both == "Terlalu besar: paling banyak 500. / Too large: 500 at most."
