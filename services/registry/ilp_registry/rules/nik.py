"""What a NIK (16-digit national identity number) may look like, and how much of it is shown. Pure.

Structure: 6 digits of the area of first issue, birth date DDMMYY (women: day + 40), serial 0001–9999; no checksum
(Dukcapil). The area is never compared: it stays that of first issue, whatever happens to home or codes.
"""

import calendar

from ilp_shared.text import Text

FORM = Text("NIK terdiri atas 16 angka.", "A NIK has 16 digits.")
DATE = Text("Bagian tanggal pada NIK tidak mungkin.", "The date part of the NIK is impossible.")
SERIAL = Text("Nomor urut 0000 tidak pernah diterbitkan.", "Serial 0000 is never issued.")
_DIGITS = 16
_SHOWN = 4
_DAYS_OF_A_WOMAN = 40


def nik_fault(nik: str, *, demonstration: bool) -> Text | None:
    """Return what is wrong with a NIK, or None; `demonstration` lets the impossible serial 0000 pass."""
    if not (nik.isascii() and nik.isdigit() and len(nik) == _DIGITS):
        return FORM
    day, month, year = int(nik[6:8]), int(nik[8:10]), int(nik[10:12])
    day -= _DAYS_OF_A_WOMAN if day > _DAYS_OF_A_WOMAN else 0
    if not 1 <= month <= 12 or not 1 <= day <= _longest(month, year):
        return DATE
    if is_demonstration(nik) and not demonstration:
        return SERIAL
    return None


def is_demonstration(nik: str) -> bool:
    """Tell whether a NIK carries the serial 0000, which marks people who do not exist."""
    return nik.endswith("0000")


def masked(number: str) -> str:
    """Return a NIK or KK number with only its last four digits (never the birth date)."""
    return "*" * (len(number) - _SHOWN) + number[-_SHOWN:]


def _longest(month: int, two_digit_year: int) -> int:
    """Days of a month; the century is unknown, and 1900 is the only year that differs: 29 February passes then."""
    return calendar.monthrange(2000 + two_digit_year, month)[1]
