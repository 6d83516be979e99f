"""Pure rules: derived ids, names, NIK, placement; and the vault and settings that keep numbers safe."""

import base64
import os
from datetime import date
from uuid import UUID, uuid4

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ilp_registry.rules.derived_ids import area_id, imported_id, puskesmas_id
from ilp_registry.rules.names import search_key, search_terms, sort_key, written_name
from ilp_registry.rules.nik import BIRTH, DATE, MASKED, SEX, nik_disagreements, nik_fault
from ilp_registry.rules.placement import Parent, placement_fault
from ilp_registry.settings import RegistrySettings
from ilp_registry.vault import AssociatedData, Sealed, Vault
from ilp_shared.areas import village_of


def new_key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


def settings(**changes: object) -> RegistrySettings:
    given_values = {
        "database_url": "postgresql://x",
        "kafka_bootstrap": "x",
        "oidc_issuer": "x",
        "oidc_jwks": "x",
        "nik_key": new_key(),
        "nik_index_key": new_key(),
    }
    return RegistrySettings.model_validate(given_values | changes)


def test_names_are_sorted_word_by_word_and_numbers_by_their_value() -> None:
    names = [
        "Melati",
        "Melati 1",
        "melati 2",
        "Melati 02 B",
        "Mélati 3",
        "Melati3A",
        "Melati 10",
        "Melati Indah",
        "Melatika",
    ]
    assert sorted(set(names), key=sort_key) == names
    assert sort_key("Melati 007") == sort_key("melati-7")


def test_a_sort_key_is_what_rows_of_earlier_releases_hold() -> None:
    assert sort_key("RW 10, Mélati") == "rw 00210 melati"


@given(st.text(max_size=200))
def test_a_sort_key_fits_into_a_cursor(name: str) -> None:
    assert len(sort_key(name)) <= 200


@given(st.integers(0, 10**30), st.integers(0, 10**30))
def test_numbers_in_names_are_sorted_as_numbers(one: int, other: int) -> None:
    assert (sort_key(f"RW {one}") < sort_key(f"RW {other}")) == (one < other)


def test_derived_ids_are_the_same_in_every_installation() -> None:
    assert area_id("13.76") == UUID("8aecdd4c-ea9c-5aaa-90e8-20a23cc20f40")
    assert puskesmas_id("1376010") == UUID("64fa89d8-e6de-50ec-85d9-d75ce9a98eed")
    assert imported_id("ab12", 7) == UUID("d5f80338-3d81-59bf-99e7-8fade78b128d")


@pytest.mark.parametrize(
    ("name", "key"),
    [("Kuala  Kurun", "kualakurun"), ("KURÚN", "kurun"), ("Hilisalawa'ahe", "hilisalawaahe"), ("Ps. Ujung", "psujung")],
)
def test_search_key_forgives_case_accents_blanks_and_marks(name: str, key: str) -> None:
    assert search_key(name) == key


def test_terms_find_a_city_without_its_kind() -> None:
    assert search_terms("Kota Payakumbuh") == {"kotapayakumbuh", "payakumbuh"}
    assert search_terms("Kota Kuala Kurun") == {"kotakualakurun", "kualakurun"}
    assert search_terms("Payakumbuh Timur") == {"payakumbuhtimur"}
    assert search_terms("Kota") == {"kota"}
    assert search_terms("…") == set()


@pytest.mark.parametrize(
    ("capitals", "written"),
    [("PENAGO II", "Penago II"), ("SIGUR-GUR", "Sigur-Gur"), ("O'O'U", "O'o'u"), ("MALI (WOYLA)", "Mali (Woyla)")],
)
def test_capitals_are_written_as_usual(capitals: str, written: str) -> None:
    assert written_name(capitals) == written


@pytest.mark.parametrize(
    ("nik", "valid"),
    [
        ("1376010102900001", True),
        ("1376014102900001", True),
        ("1376012902000001", True),
        ("1376012902010001", False),
        ("1376013102900001", False),
        ("1376010013900001", False),
        ("1376017202900001", False),
        ("137601010290000", False),
        ("13760101029000٠1", False),
    ],
)
def test_date_part_of_a_nik_must_be_possible(nik: str, valid: bool) -> None:
    assert (nik_fault(nik, demonstration=False) is None) is valid


@given(st.dates(date(1904, 1, 1), date(2099, 12, 31)), st.booleans())
def test_every_birth_date_makes_a_valid_nik_for_men_and_women(born: date, woman: bool) -> None:
    nik = f"137601{born.day + 40 * woman:02d}{born:%m%y}0001"
    assert nik_fault(nik, demonstration=False) is None
    month_13 = nik[:8] + str(born.month + 12) + nik[10:]
    assert nik_fault(month_13, demonstration=False) is DATE


@pytest.mark.parametrize("month", [1, 12])
def test_the_first_and_the_last_month_are_months(month: int) -> None:
    assert nik_fault(f"13760131{month:02d}900001", demonstration=False) is None
    assert nik_fault(f"13760132{month:02d}900001", demonstration=False) is DATE


def test_a_leap_day_needs_a_leap_year() -> None:
    years = [year for year in range(100) if nik_fault(f"1376012902{year:02d}0001", demonstration=False) is None]
    assert years == list(range(0, 100, 4))


def test_serial_0000_is_for_demonstrations_only() -> None:
    assert nik_fault("1376010102900000", demonstration=True) is None
    assert nik_fault("1376010102900000", demonstration=False) is not None


@pytest.mark.parametrize(
    ("nik", "sex", "expected"),
    [
        ("1376014302900000", "female", []),
        ("1376010302900000", "male", []),
        ("1376010302900000", "female", [SEX]),
        ("1376014302910000", "female", [BIRTH]),
        ("1376011101900000", "female", [BIRTH, SEX]),
        ("1376011302900000", "male", [BIRTH]),
        ("1376014303900000", "female", [BIRTH]),
        ("1376014312900000", "female", [BIRTH]),
        ("1376014302800000", "female", [BIRTH]),
        ("1376014002900000", "male", [BIRTH]),
    ],
)
def test_what_a_nik_contradicts(nik: str, sex: str, expected: list[object]) -> None:
    assert nik_disagreements(nik, date(1990, 2, 3), sex) == expected


def test_mask_shows_no_digit() -> None:
    assert MASKED == "*" * 16


@given(st.text(max_size=40))
def test_vault_opens_what_it_sealed_only_in_its_row_and_column(value: str) -> None:
    vault, home = Vault(settings()), AssociatedData("person", "nik", uuid4())
    sealed = vault.seal(value, home)
    assert vault.open(sealed, home) == value
    moved = (home._replace(row=uuid4()), home._replace(column="phone"), home._replace(table="household"))
    for elsewhere in moved:
        with pytest.raises(InvalidTag):
            vault.open(sealed, elsewhere)
    with pytest.raises(InvalidTag):
        vault.open(Sealed("1", sealed.content[:-1] + bytes([sealed.content[-1] ^ 1])), home)


def test_retired_key_still_opens_and_new_key_seals() -> None:
    old_key, index_key = new_key(), new_key()
    old = Vault(settings(nik_key=old_key, nik_index_key=index_key))
    new = Vault(settings(nik_key_id="2", nik_retired_keys={"1": old_key}, nik_index_key=index_key))
    home = AssociatedData("person", "nik", uuid4())
    assert new.open(old.seal("x", home), home) == "x"
    assert new.seal("x", home).key_id == "2"
    assert new.index("nik", "1") == old.index("nik", "1") != old.index("kk", "1")


@pytest.mark.parametrize(
    "changes",
    [
        {"nik_key": None},
        {"nik_key": "changethis"},
        {"nik_key": base64.b64encode(b"short").decode()},
        {"nik_key": base64.b64encode(bytes(32)).decode()},
        {"nik_key": base64.b64encode(b"rahasia rahasia rahasia rahasia!").decode()},
        {"nik_index_key": ""},
        {"nik_key_id": "7", "nik_retired_keys": {"7": new_key()}},
    ],
)
def test_weak_and_missing_keys_are_refused_without_being_shown(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as refusal:
        settings(**changes)
    messages = [error["msg"] for error in refusal.value.errors(include_input=False)]
    assert not [text for text in messages for value in changes.values() if value and str(value) in text]


def test_the_two_keys_must_differ() -> None:
    key = new_key()
    with pytest.raises(ValidationError, match="harus saling berbeda / these keys must differ"):
        settings(nik_key=key, nik_index_key=key)
    with pytest.raises(ValidationError, match="must differ"):
        settings(nik_index_key={"1": key, "2": key})


def test_the_current_key_is_not_among_the_retired() -> None:
    said = "kunci pensiun: hapus dari sana / the current key is among the retired"
    with pytest.raises(ValidationError, match=said):
        settings(nik_key_id="7", nik_retired_keys={"7": new_key()})


LEVELS = {"13.76": "regency", "13.76.01": "district", "13.76.01.1002": "village", "14.72.06.1001": "village"}


@pytest.mark.parametrize(
    ("kind", "area", "catchment", "parent", "refusal"),
    [
        ("puskesmas", "13.76.01", (), None, None),
        ("posyandu", "13.76.01.1002", ("13.76.01.1002",), Parent("pustu", "13.76.01.1002"), None),
        ("posyandu", "13.76.01", (), None, ("/area_code wrong_level", "tingkat")),
        ("pustu", "13.76.01.1003", (), None, ("/area_code unknown_area", "terdaftar")),
        ("pustu", "13.76.01.1002", ("14.72.06.1001",), None, ("/catchment wrong_catchment", "Wilayah kerja")),
        ("pustu", "13.76.01.1002", ("13.76.01.1003",), None, ("/catchment wrong_catchment", "Wilayah kerja")),
        ("pustu", "13.76.01.1002", (), Parent("pustu", "13.76.01.1002"), ("/parent_id wrong_parent", "Induk")),
        ("pustu", "13.76.01.1002", (), Parent("puskesmas", "14.72"), ("/parent_id wrong_parent", "Induk")),
        ("puskesmas", "13.76.01", (), Parent("puskesmas", "13.76.01"), ("/parent_id wrong_parent", "Induk")),
    ],
)
def test_facility_lies_where_its_kind_may(
    kind: str, area: str, catchment: tuple[str, ...], parent: Parent | None, refusal: tuple[str, str] | None
) -> None:
    fault = placement_fault(kind, area, catchment, LEVELS, parent)
    if refusal is None:
        assert fault is None
    else:
        assert fault is not None
        code, word = refusal
        assert f"{fault.pointer} {fault.code}" == code
        assert word in fault.message.id


@pytest.mark.parametrize(
    ("code", "village"),
    [("13.76.01.1002.RW-01.RT-02", "13.76.01.1002"), ("13.76.01.1002", "13.76.01.1002"), ("13.76.01", "13.76.01")],
)
def test_events_name_a_place_no_closer_than_its_village(code: str, village: str) -> None:
    assert village_of(code) == village
