"""The refusal of ids that have no copy here."""

from typing import Final
from uuid import UUID

from ilp_shared.problems import FieldError, NotFound
from ilp_shared.text import Text

_UNKNOWN: Final = Text(
    "Belum dikenal di sini, atau di luar wilayah akun ini; bila baru didaftarkan, coba lagi sebentar.",
    "Not known here, or outside this account's area; if it was registered just now, try again shortly.",
)
_RETRY_S: Final = 2.0


def unknown(pointer: str, object_id: UUID) -> NotFound:
    """Return the one answer for ids outside the caller's areas and ids that have not arrived: 404, worth a retry.

    The id is for the access audit.
    """
    error = FieldError(pointer=pointer, code="not_known_here", message=_UNKNOWN)
    return NotFound(_UNKNOWN, errors=[error], retry_after_s=_RETRY_S, object_id=object_id)
