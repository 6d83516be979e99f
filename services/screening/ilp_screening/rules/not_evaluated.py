"""The two ways a question that fits the age stays open, in both languages. Used by every rule family."""

from ilp_screening.rules.models import NotEvaluated


def missing_input(code: str, missing: tuple[str, ...]) -> NotEvaluated:
    """The named observation codes are needed."""
    return NotEvaluated(
        code=code,
        reason="missing_input",
        missing=missing,
        text_id="Data belum lengkap.",
        text_en="Inputs are missing.",
    )


def outside_table(code: str) -> NotEvaluated:
    """The measured length/height lies outside the standard's table."""
    return NotEvaluated(
        code=code,
        reason="outside_table",
        text_id="Panjang/tinggi badan di luar tabel standar.",
        text_en="Length/height outside the standard's table.",
    )
