"""The ways in which a question stays open, or a measurement answers none, in both languages. Used by the rules.

The answers are few and immutable, so each is made once.
"""

from functools import lru_cache

from ilp_screening.rules.models import NotEvaluated


@lru_cache(maxsize=256)
def missing_input(code: str, missing: tuple[str, ...]) -> NotEvaluated:
    """The named observation codes are needed."""
    return NotEvaluated(
        code=code,
        reason="missing_input",
        missing=missing,
        text_id="Data belum lengkap.",
        text_en="Inputs are missing.",
    )


@lru_cache(maxsize=256)
def outside_table(code: str) -> NotEvaluated:
    """The measured length/height lies outside the standard's table."""
    return NotEvaluated(
        code=code,
        reason="outside_table",
        text_id="Panjang/tinggi badan di luar tabel standar.",
        text_en="Length/height outside the standard's table.",
    )


@lru_cache(maxsize=256)
def no_table_at_age(code: str) -> NotEvaluated:
    """The measurement is recorded, but no table or rule reads it at this age."""
    return NotEvaluated(
        code=code,
        reason="no_table_at_age",
        text_id="Tidak ada tabel atau aturan untuk pengukuran ini pada umur ini.",
        text_en="No table or rule covers this measurement at this age.",
    )
