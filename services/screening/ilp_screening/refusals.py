"""Refusals that several features share: subjects not known here, and input the rules cannot judge."""

from ilp_screening.rules.errors import InputProblem, InvalidInputError
from ilp_shared.problems import FieldError, InvalidInput, NotFound
from ilp_shared.text import Text

CHECK_FIELDS = Text("Periksa isian yang ditandai, lalu kirim lagi.", "Check the marked fields and send again.")
_UNKNOWN = Text(
    "Belum dikenal di sini, atau di luar wilayah akun ini; bila baru didaftarkan, coba lagi sebentar.",
    "Not known here, or outside this account's area; if it was registered just now, try again shortly.",
)
_RETRY_S = 2.0


def unknown(pointer: str) -> NotFound:
    """Return the one answer for what is foreign and for what has not arrived yet: 404, worth a retry."""
    error = FieldError(pointer=pointer, code="not_known_here", message=_UNKNOWN.id, message_en=_UNKNOWN.en)
    return NotFound(_UNKNOWN, errors=[error], retry_after_s=_RETRY_S)


def invalid(pointer: str, code: str, text: Text) -> InvalidInput:
    """Return a 422 with one marked field."""
    error = FieldError(pointer=pointer, code=code, message=text.id, message_en=text.en)
    return InvalidInput(CHECK_FIELDS, errors=[error])


def not_judgeable(error: InvalidInputError) -> InvalidInput:
    """Turn the rules' findings into a 422; values are never repeated."""
    return InvalidInput(CHECK_FIELDS, errors=[_field(problem) for problem in error.problems])


def _field(problem: InputProblem) -> FieldError:
    return FieldError(
        pointer=problem.pointer, code=problem.code, message=problem.message_id, message_en=problem.message_en
    )
