"""Form of a NIK (16-digit national identity number), and what is shown in its place. Pure.

Structure: 6 digits of the area of first issue, birth date DDMMYY (women: day + 40), serial 0001–9999; no checksum
(Dukcapil). The area is never compared: it remains that of first issue when the home or the codes change.
"""

import calendar
from datetime import date
from typing import Final

from ilp_shared.text import Text

FORM = Text("NIK terdiri atas 16 angka.", "A NIK has 16 digits.")
BIRTH = Text(
    "Tanggal lahir pada NIK berbeda dari tanggal lahir yang dikirim; periksa keduanya.",
    "The NIK's birth date differs from the birth date that was sent; check both.",
)
SEX = Text(
    "Jenis kelamin pada NIK berbeda dari yang dikirim; periksa keduanya.",
    "The NIK's sex differs from the one that was sent; check both.",
)
DATE = Text("Bagian tanggal pada NIK tidak mungkin.", "The date part of the NIK is impossible.")
SERIAL = Text("Nomor urut 0000 tidak pernah diterbitkan.", "Serial 0000 is never issued.")
_DIGITS = 16
_DAYS_OF_A_WOMAN = 40
MASKED: Final = "*" * _DIGITS
"""Shown in place of every NIK: area, birth date and sex are shown beside it, so its serial alone would complete it."""


def nik_fault(nik: str, *, demonstration: bool) -> Text | None:
    """Return the fault of a NIK, or None; `demonstration` accepts serial 0000, which is never issued."""
    if not (nik.isascii() and nik.isdigit() and len(nik) == _DIGITS):
        return FORM
    day, month, year = int(nik[6:8]), int(nik[8:10]), int(nik[10:12])
    day -= _DAYS_OF_A_WOMAN if day > _DAYS_OF_A_WOMAN else 0
    if not 1 <= month <= 12 or not 1 <= day <= _longest(month, year):
        return DATE
    if is_demonstration(nik) and not demonstration:
        return SERIAL
    return None


def nik_disagreements(nik: str, birth_date: date, sex: str) -> list[Text]:
    """Return in what a NIK without fault contradicts a person's birth date and sex (`male` or `female`)."""
    day, year = int(nik[6:8]), f"{birth_date.year % 100:02d}"
    is_woman = day > _DAYS_OF_A_WOMAN
    day -= _DAYS_OF_A_WOMAN if is_woman else 0
    same_birth = (f"{day:02d}", nik[8:10], nik[10:12]) == (f"{birth_date.day:02d}", f"{birth_date.month:02d}", year)
    same_sex = is_woman == (sex == "female")
    return [text for text, same in ((BIRTH, same_birth), (SEX, same_sex)) if not same]


def is_demonstration(nik: str) -> bool:
    """Tell whether a NIK carries the serial 0000, which marks people who do not exist."""
    return nik.endswith("0000")


def _longest(month: int, two_digit_year: int) -> int:
    """Return the days of a month. The century is unknown; only 1900 differs, so that 29 February 1900 is accepted."""
    return calendar.monthrange(2000 + two_digit_year, month)[1]
