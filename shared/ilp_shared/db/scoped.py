"""The area filter of queries: the first wall of access, before row-level security (`scope.py`).

Once for SQLAlchemy, once for hand-written statements; a property test holds both equal to `areas.covers`.
`starts_with` is leakproof, so row-level security lets it use an index; it uses those of collation "C" and those with
`text_pattern_ops` (PostgreSQL 15 and later).
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, false, func, or_, true
from sqlalchemy.orm import Mapped

from ilp_shared.areas import NATION


def within(column: Mapped[str] | ColumnElement[str], areas: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a column of area codes lies in one of `areas` or below it."""
    if NATION in areas:
        return true()
    return or_(false(), *((column == area) | func.starts_with(column, f"{area}.") for area in areas))


class Conditions:
    """Conditions of one hand-written query, joined by AND, with their numbered arguments (`$1`, `$2` …)."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self.args: list[object] = []

    def bind(self, value: object) -> str:
        """Add an argument and return its placeholder."""
        self.args.append(value)
        return f"${len(self.args)}"

    def add(self, fragment: str, *values: object) -> None:
        """Add a condition; each `{}` in it is replaced by the placeholder of an argument."""
        self._parts.append(fragment.format(*(self.bind(value) for value in values)))

    def within(self, column: str, areas: Sequence[str]) -> None:
        """Keep rows whose area code lies in one of `areas` or below it."""
        if NATION in areas:
            return
        one = f"{column} = {{}} OR starts_with({column}, {{}})"
        values = [value for area in areas for value in (area, f"{area}.")]
        self.add(f"({' OR '.join([one] * len(areas)) or 'false'})", *values)

    @property
    def where(self) -> str:
        """The conditions as one expression."""
        return " AND ".join(self._parts) or "true"
