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
            text = f"{shortest.quantize(Decimal('0.1'), ROUND_HALF_UP):,f}"
        swap = {",": self.entries["number.group"], ".": self.entries["number.decimal"]}
        return "".join(swap.get(letter, letter) for letter in text)

    def percent(self, value: float) -> str:
        """Return a percentage with one decimal."""
        return self("number.percent").format(n=self.number(float(value)))

    def noun(self, code: str, n: int) -> str:
        """Return a number of whom an indicator counts, e.g. `864 balita`."""
        key = f"noun.{code}"
        return self(key if key in self.entries else "noun.other", n)

    def month(self, period: str) -> str:
        """Return `November 2026` for `2026-11`."""
        return f"{self(f'month.{period[5:7]}')} {period[:4]}"

    def short_month(self, period: str) -> str:
        """Return `Nov` for `2026-11`."""
        return self(f"month_short.{period[5:7]}")

    def time(self, instant: datetime, zone: ZoneInfo, form: str = "time.full") -> str:
        """Return an instant in local time with the name of the zone, e.g. `22 Nov 2026 14.05.12 WIB`."""
        local = instant.astimezone(zone)
        return self(
            form,
            day=local.day,
            month=self(f"month_short.{local.month:02d}"),
            year=local.year,
            hour=f"{local.hour:02d}",
            minute=f"{local.minute:02d}",
            second=f"{local.second:02d}",
            zone=self(f"zone.{zone.key}"),
        )


@cache
def words_in(language: Language) -> Words:
    """Return the catalogue of a language."""
    return Words(language, json.loads((files(__package__) / f"{language}.json").read_text("utf-8")))
