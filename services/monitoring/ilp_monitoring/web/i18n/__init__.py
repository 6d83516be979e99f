"""What users read on the page, in flat JSON catalogues with equal keys, and numbers and times in each language's form.

A value may hold the singular and the plural form separated by `|`; Indonesian has one form. `words.js` does the same
in the browser from the same keys.
"""

import json
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from ilp_shared.text import Language


class Words:
    """The catalogue of one language."""

    def __init__(self, language: Language, entries: dict[str, str]) -> None:
        self.language = language
        self.entries = entries

    def __call__(self, key: str, n: float | None = None, **values: object) -> str:
        """Return the text of a key with its places filled; `n` chooses the plural form and fills `{n}`."""
        forms = self.entries[key].split("|")
        if n is None:
            return forms[0].format(**values) if values else forms[0]
        form = forms[0] if n == 1 or len(forms) == 1 else forms[1]
        return form.format(n=self.number(n), **values)

    def number(self, value: float) -> str:
        """Return an integer as 1.234 and any other number with one decimal as 1.234,5 (Indonesian form)."""
        if isinstance(value, int):
            text = f"{value:,d}"
        else:
            shortest = Decimal(repr(value))  # 8.35 as it is written, not the fraction just below it; so does Intl
