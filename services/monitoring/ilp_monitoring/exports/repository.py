"""SQL of the cell export: keyset pages in (area, month, indicator) order; and which situations hold numbers."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, func, literal, text, tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ilp_monitoring.exports.schemas import CellQuery
from ilp_monitoring.projections.models import CellRow
from ilp_monitoring.statements import fetch
from ilp_shared.areas import NATION
from ilp_shared.db.scoped import within

_KEY = (col(CellRow.area_code), col(CellRow.period), col(CellRow.indicator))
_ALL_PERIODS = text("""
SELECT period FROM cell WHERE numerator <> 0 OR denominator <> 0
UNION SELECT period FROM completeness WHERE expected <> 0 OR reported <> 0 ORDER BY period
""")
_NUMBERS: Final = {
    "cell": "numerator <> 0 OR denominator <> 0",
    "completeness": "expected <> 0 OR reported <> 0",
    "task_count": "open <> 0 OR done <> 0",
    "first_in_year": "n <> 0",
    "population": "n <> 0",
    "posyandu_count": "n <> 0",
}
"""Tables that make an area one with numbers, and when a row of theirs is no zero."""
_IN_PARTS = "(CAST(:whole AS boolean) OR area_code = ANY(CAST(:codes AS text[])))"
_UNION = " UNION ".join(
    f"SELECT area_code FROM {table} WHERE ({condition}) AND {_IN_PARTS}" for table, condition in _NUMBERS.items()
)
_AREAS_WITH_NUMBERS = text(f"SELECT code FROM area WHERE code IN ({_UNION}) ORDER BY code")
_AREAS_OF = text("""
WITH RECURSIVE below AS (
    SELECT code FROM area WHERE code = ANY(CAST(:regencies AS text[]))
    UNION SELECT area.code FROM area JOIN below ON area.parent_code = below.code)
SELECT code FROM below UNION ALL SELECT code FROM area WHERE code = ANY(CAST(:above AS text[]))
""")
_ABOVE_REGENCIES: Final = [NATION, *(f"{number:02}" for number in range(100))]
"""The nation, and all codes that a province can have."""
_SOME_NUMBER = (col(CellRow.numerator) != 0) | (col(CellRow.denominator) != 0)


async def page_of_cells(session: AsyncSession, query: CellQuery) -> Sequence[CellRow]:
    """Return up to `limit + 1` cells of a page."""
    statement = select(CellRow).where(*_filters(query)).order_by(*_KEY).limit(query.limit + 1)
    after = query.after(str, str, str)
    if after is not None:
        statement = statement.where(tuple_(*_KEY) > tuple_(*(literal(part) for part in after)))
    elif query.area != NATION:  # in the order of codes its subtree begins with itself: nothing before it is read
        statement = statement.where(col(CellRow.area_code) >= query.area)
    return (await session.exec(statement)).all()


async def count_cells(session: AsyncSession, query: CellQuery) -> int:
    """Return how many cells all pages hold."""
    return (await session.exec(select(func.count()).select_from(CellRow).where(*_filters(query)))).one()


def _filters(query: CellQuery) -> list[ColumnElement[bool]]:
    """Return the conditions of a query; cells of 0/0 are left out."""
    filters = [
        _SOME_NUMBER,
        within(col(CellRow.area_code), [query.area]),
    ]
    if query.indicator is not None:
        filters.append(col(CellRow.indicator) == query.indicator)
    if query.period is not None:
        filters.append(col(CellRow.period) == query.period)
    return filters


async def all_periods(session: AsyncSession) -> list[str]:
    """Return the months that hold numbers of any area, in order."""
    return [period for (period,) in await fetch(session, _ALL_PERIODS)]


async def cells_above_regencies(session: AsyncSession) -> Sequence[CellRow]:
    """Return the cells of the nation and of provinces."""
    here = col(CellRow.area_code).in_(_ABOVE_REGENCIES)
    return (await session.exec(select(CellRow).where(_SOME_NUMBER, here).order_by(*_KEY))).all()


async def areas_with_numbers(session: AsyncSession, parts: Sequence[str] | None = None) -> list[str]:
    """Return the published areas that hold numbers of any month, people or posyandu, by code.

    All of them, or those of some parts: regencies; `id` are the nation and the provinces.
    """
    codes = [] if parts is None else await _areas_of(session, parts)
    values = {"whole": parts is None, "codes": codes}
    return [area for (area,) in await fetch(session, _AREAS_WITH_NUMBERS, values)]


async def _areas_of(session: AsyncSession, parts: Sequence[str]) -> list[str]:
    regencies = [part for part in parts if part != NATION]
    values = {"regencies": regencies, "above": _ABOVE_REGENCIES if NATION in parts else []}
    return [area for (area,) in await fetch(session, _AREAS_OF, values)]
