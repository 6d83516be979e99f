"""Logs: the last wall against personal data, and libraries that repeat themselves."""

import logging

import pytest

from ilp_shared.logging import MASK, OncePerInterval, describe_exception, mask_personal_data


@pytest.mark.parametrize("key", ["nik", "name", "phone", "address", "birth_date"])
def test_personal_keys_are_masked(key: str) -> None:
    assert mask_personal_data(None, "info", {key: "whatever"})[key] == MASK


@pytest.mark.parametrize("value", ["x 1376014503240000 y", ["1376014503240000"], {"a": {"b": "1376014503240000"}}])
def test_sixteen_digits_never_pass(value: object) -> None:
    masked = mask_personal_data(None, "info", {"detail": value})["detail"]
    assert "1376014503240000" not in str(masked)


def test_a_trace_stays_whole_whatever_digits_it_has() -> None:
    trace = "ab1376014503240000cd12345678901a"
    assert mask_personal_data(None, "info", {"trace_id": trace})["trace_id"] == trace
    assert mask_personal_data(None, "info", {"trace_id": "1376014503240000"})["trace_id"] == MASK


def test_ordinary_values_pass() -> None:
    assert mask_personal_data(None, "info", {"events": 12, "area": "13.76"}) == {"events": 12, "area": "13.76"}


def test_an_exception_shows_its_kind_and_place_but_never_its_message() -> None:
    def fail() -> None:
        raise ValueError("Failing row contains (1, Siti Contoh, 13.76)")

    try:
        fail()
    except ValueError as error:
        described = describe_exception(None, "error", {"exc_info": error})
    assert "Siti" not in str(described)
    assert "ValueError" in str(described["exception"])
    assert "fail" in str(described["exception"])


def test_a_repeated_message_passes_once_in_ten_seconds() -> None:
    seldom = OncePerInterval()

    def passes(message: str, at: float) -> bool:
        record = logging.LogRecord("aiokafka", logging.ERROR, "", 0, message, None, None)
        record.created = at
        return seldom.filter(record)

    assert [passes("down", 100.0), passes("down", 105.0), passes("other", 105.0), passes("down", 111.0)] == [
        True,
        False,
        True,
        True,
    ]
