"""Wire form of a household, as part of a person."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import StringConstraints, model_validator

from ilp_shared.models import Input

SixteenDigits = Annotated[str, StringConstraints(pattern=r"^[0-9]{16}$")]


class HouseholdInput(Input):
    """Keluarga menurut nomor KK, id, atau keduanya; dibuat bila belum ada.

    A household by the number of its family card (KK), by an id, or both; made when it is new.
    """

    id: UUID | None = None
    """Nomor keluarga; boleh dibuat klien / identifier of the household, may be made by the client"""
    kk: SixteenDigits | None = None
    """Nomor kartu keluarga, 16 angka / 16-digit number of the family card"""

    @model_validator(mode="after")
    def _is_named(self) -> Self:
        if self.id is None and self.kk is None:
            raise ValueError("id or kk is needed")
        return self
