"""What registration and correction write to the table of persons (`persons.models`)."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import NamedTuple, Self
from uuid import UUID

from ilp_registry.persons.schemas import Sex
from ilp_registry.vault import Vault
from ilp_shared.db.audit import Asked


class Named(NamedTuple):
    """What a form names that another record may have: ids, and the blind indexes of NIK and KK."""

    id: UUID | None
    nik_index: bytes | None
    household_id: UUID | None
    kk_index: bytes | None

    @classmethod
    def of(
        cls,
        vault: Vault,
        person_id: UUID | None,
        nik: str | None,
        household_id: UUID | None = None,
        kk: str | None = None,
    ) -> Self:
        """Return the names of ids and numbers."""
        return cls(
            person_id, vault.index("nik", nik) if nik else None, household_id, vault.index("kk", kk) if kk else None
        )

    def is_among(self, taken: Collection[UUID | bytes]) -> bool:
        """Tell whether another record has one of them."""
        return any(value in taken for value in self if value is not None)

    def holder_among(self, holders: Mapping[UUID | bytes, UUID]) -> UUID | None:
        """Return the person who has the id, else the one who has the NIK."""
        return next(
            (holders[value] for value in (self.id, self.nik_index) if value is not None and value in holders), None
        )

    @property
    def asked(self) -> list[Asked]:
        """What the audit keeps of it."""
        return [Asked(self.id, self.nik_index), *([Asked(None, self.kk_index)] if self.kk_index else [])]


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
