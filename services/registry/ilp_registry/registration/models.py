"""What registration and correction write to the table of persons (`persons.models`)."""

from datetime import date
from typing import NamedTuple
from uuid import UUID

from ilp_registry.persons.schemas import Sex


class NewPerson(NamedTuple):
    """A person to insert, in their first version; `search` is the key of the name."""

    id: UUID
    home_area: str
    name: str
    search: str
    sex: Sex
    birth_date: date
    nik_key_id: str | None
    nik_cipher: bytes | None
    nik_index: bytes | None
    phone_key_id: str | None
    phone_cipher: bytes | None
    household_id: UUID | None
    example_data: bool


class PersonChange(NamedTuple):
    """The columns that a correction sets."""

    id: UUID
    home_area: str
    name: str
    search: str
    sex: Sex
    birth_date: date
    nik_key_id: str | None
    nik_cipher: bytes | None
    nik_index: bytes | None
    example_data: bool
