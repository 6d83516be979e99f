"""The last wall against personal data in logs."""

import pytest

from ilp_shared.logging import MASK, mask_personal_data


@pytest.mark.parametrize("key", ["nik", "name", "phone", "address", "birth_date"])
def test_personal_keys_are_masked(key: str) -> None:
    assert mask_personal_data(None, "info", {key: "whatever"})[key] == MASK


@pytest.mark.parametrize("value", ["x 1376014503240000 y", ["1376014503240000"], {"a": {"b": "1376014503240000"}}])
def test_sixteen_digits_never_pass(value: object) -> None:
    masked = mask_personal_data(None, "info", {"detail": value})["detail"]
    assert "1376014503240000" not in str(masked)


def test_ordinary_values_pass() -> None:
    assert mask_personal_data(None, "info", {"events": 12, "area": "13.76"}) == {"events": 12, "area": "13.76"}
