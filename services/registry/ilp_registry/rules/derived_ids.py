"""Ids that are derived from public codes, so that every installation agrees on them. Pure."""

from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

_NAMESPACE: Final = uuid5(NAMESPACE_URL, "urn:ilp:registry")


def area_id(code: str) -> UUID:
    """Return the id of an area."""
    return uuid5(_NAMESPACE, f"area:{code}")


def puskesmas_id(code: str) -> UUID:
    """Return the id of a puskesmas of the reference data."""
    return uuid5(_NAMESPACE, f"puskesmas:{code}")


def imported_id(sha256: str, row: int) -> UUID:
    """Return the id of a facility that a row of an imported file registers; `sha256` is the file's, in hexadecimal."""
    return uuid5(_NAMESPACE, f"{sha256}:{row}")
