"""What registration and correction write to the table of persons (`persons.models`)."""

from collections.abc import Mapping
from datetime import date
from typing import Final, NamedTuple, Self
from uuid import UUID

import asyncpg

from ilp_registry.lookups.models import Question
from ilp_registry.persons.schemas import Sex
from ilp_registry.registration.schemas import PersonCorrectionInput
from ilp_registry.rules.names import search_key
from ilp_registry.rules.nik import is_demonstration
from ilp_registry.vault import AssociatedData, BlindIndex, Vault
from ilp_shared.db.audit import Asked

_BEFORE_SERIAL: Final = 12
"""Digits of a NIK before its serial: district, birth date and sex."""


class Named(NamedTuple):
    """What a form names that another record may have: ids, and the blind indexes of NIK and KK."""

    id: UUID | None
    nik: BlindIndex | None
    household_id: UUID | None
    kk: BlindIndex | None
    question: Question
    """What a look-up of all of them together would answer."""

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
            person_id,
            vault.index("nik", nik) if nik else None,
            household_id,
            vault.index("kk", kk) if kk else None,
            Question(
                vault.digest(f"question:{person_id}|{nik}|{household_id}|{kk}".encode()),
                vault.digest(f"series:{nik[:_BEFORE_SERIAL]}".encode()) if nik else None,
            ),
        )

    @property
    def is_empty(self) -> bool:
        """Whether nothing is named, so that there is nothing to look up."""
        return (self.id, self.nik, self.household_id, self.kk) == (None, None, None, None)

    @property
    def nik_digests(self) -> list[bytes]:
        """The digests by which the NIK is found."""
        return self.nik.digests if self.nik is not None else []

    @property
    def kk_digests(self) -> list[bytes]:
        """The digests by which the KK is found."""
        return self.kk.digests if self.kk is not None else []

    def holder_among(self, holders: Mapping[UUID | bytes, UUID]) -> UUID | None:
        """Return the person who has the id, else the one who has the NIK."""
        return next(
            (holders[value] for value in (self.id, *self.nik_digests) if value is not None and value in holders), None
        )

    @property
    def asked(self) -> list[Asked]:
        """What the audit keeps of it."""
        nik, kk = self.nik_digests, self.kk_digests
        return [Asked(self.id, nik[0] if nik else None), *([Asked(None, kk[0])] if kk else [])]


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
    nik_index_2: bytes | None
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
    nik_index_2: bytes | None
    example_data: bool

    @classmethod
    def of(cls, vault: Vault, row: asyncpg.Record, form: PersonCorrectionInput, nik: str | None) -> Self:
        """Return a correction of the row of `person`, with the NIK that is bound afterwards."""
        sealed = vault.seal_indexed(nik, AssociatedData("person", "nik", row["id"]))
        return cls(
            id=row["id"],
            home_area=form.home_area,
            name=form.name,
            search=search_key(form.name),
            sex=form.sex,
            birth_date=form.birth_date,
            nik_key_id=sealed.key_id,
            nik_cipher=sealed.content,
            nik_index=sealed.first,
            nik_index_2=sealed.second,
            example_data=row["example_data"] or bool(nik and is_demonstration(nik)),
        )
