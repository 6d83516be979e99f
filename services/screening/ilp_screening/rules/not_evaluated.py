"""Questions that stay open, and measurements that answer none, in both languages.

These answers are few and immutable, so each is made once.
"""

from functools import lru_cache
from typing import Final

from ilp_screening.rules.forms import Action
from ilp_screening.rules.models import NotEvaluated
from ilp_shared.text import Text

_MISSING: Final = Text("Data belum lengkap.", "Inputs are missing.")
_OUTSIDE: Final = Text("Panjang/tinggi badan di luar tabel standar.", "Length/height outside the standard's table.")
_NO_EARLIER: Final = Text(
    "Belum ada pengukuran sebelumnya dalam jangka yang dapat dibandingkan.",
    "There is no earlier measurement within the time that can be compared.",
)
_NO_TABLE: Final = Text(
    "Tidak ada tabel atau aturan untuk isian ini pada umur ini.",
    "No table or rule covers this entry at this age.",
)


@lru_cache(maxsize=256)
def missing_input(code: str, missing: tuple[str, ...], actions: tuple[Action, ...] = ()) -> NotEvaluated:
    """Return an open question that needs the named observation codes, and what to do about it."""
    return NotEvaluated(code=code, reason="missing_input", missing=missing, text=_MISSING, actions=actions)


@lru_cache(maxsize=256)
def outside_table(code: str) -> NotEvaluated:
    """Return an open question whose measured length/height lies outside the standard's table."""
    return NotEvaluated(code=code, reason="outside_table", text=_OUTSIDE)


@lru_cache(maxsize=256)
def no_earlier_measurement(code: str) -> NotEvaluated:
    """Return an open question whose value has nothing to be compared with."""
    return NotEvaluated(code=code, reason="no_earlier_measurement", text=_NO_EARLIER)


@lru_cache(maxsize=256)
def no_table_at_age(code: str) -> NotEvaluated:
    """Return a measure or complaint that is recorded, but that no table or rule reads at this age."""
    return NotEvaluated(code=code, reason="no_table_at_age", text=_NO_TABLE)
