"""Wire form of a household, as part of a person."""

from typing import Annotated, Final, Self
from uuid import UUID

from pydantic import AfterValidator, Field, model_validator

from ilp_shared.models import Input
from ilp_shared.problems import misshapen
from ilp_shared.text import Text

_DIGITS: Final = 16
_FORM: Final = Text(
    "Terdiri atas {digits} angka; yang dikirim {sent}.", "It has {digits} digits; {sent} characters were sent."
)
_NO_BLANKS: Final = Text("Tulis {digits} angka tanpa spasi.", "Write the {digits} digits without blanks.")
_DIGITS_ONLY: Final = Text(
    "Hanya angka: {digits} angka, tanpa huruf atau tanda lain.",
    "Digits only: {digits} digits, no letter or other sign.",
)
_UNNAMED: Final = Text(
    "Sebutkan nomor kartu keluarga (kk), id keluarga, atau keduanya.",
    "Give the number of the family card (kk), the id of the household, or both.",
)


def _sixteen_digits(number: str) -> str:
    if len(number) == _DIGITS and number.isascii() and number.isdigit():
        return number
    raise misshapen("string_pattern_mismatch", _fault(number).format(digits=_DIGITS, sent=len(number)))


def _fault(number: str) -> Text:
    """Return what is wrong: blanks, else other signs than digits, else how many there are."""
    if number.strip() and any(character.isspace() for character in number):
        return _NO_BLANKS
    return _FORM if number.isascii() and (number.isdigit() or not number) else _DIGITS_ONLY


SixteenDigits = Annotated[
    str, AfterValidator(_sixteen_digits), Field(max_length=64, json_schema_extra={"pattern": r"^[0-9]{16}$"})
]
"""A NIK or the number of a family card."""


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
            raise misshapen("household_unnamed", _UNNAMED)
        return self
