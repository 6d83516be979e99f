"""The area filter of queries: first wall before row-level security. Used by the repositories of this service."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, false, func, or_, true
from sqlalchemy.orm import Mapped

from ilp_shared.areas import NATION


def within(column: Mapped[str], areas: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a column of area codes lies in one of the subtrees."""
    if NATION in areas:
        return true()
    return or_(false(), *((column == area) | func.starts_with(column, f"{area}.") for area in areas))
