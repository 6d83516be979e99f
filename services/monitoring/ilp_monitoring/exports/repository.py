"""SQL of the cell export: keyset pages in (area, month, indicator) order; and which situations hold numbers."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, literal, text, tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ilp_monitoring.exports.schemas import CellQuery
from ilp_monitoring.projections.models import CellRow
from ilp_monitoring.statements import fetch
from ilp_shared.db.scoped import within

_KEY = (col(CellRow.area_code), col(CellRow.period), col(CellRow.indicator))
_ALL_PERIODS = text("""
SELECT period FROM cell WHERE numerator <> 0 OR denominator <> 0
UNION SELECT period FROM completeness WHERE expected <> 0 OR reported <> 0 ORDER BY period
""")
_AREAS_WITH_NUMBERS = text("""
SELECT code FROM area WHERE code IN (
SELECT area_code FROM cell WHERE numerator <> 0 OR denominator <> 0
UNION SELECT area_code FROM completeness WHERE expected <> 0 OR reported <> 0
UNION SELECT area_code FROM task_count WHERE open <> 0 OR done <> 0
UNION SELECT area_code FROM first_in_year WHERE n <> 0
UNION SELECT area_code FROM population WHERE n <> 0
UNION SELECT area_code FROM posyandu_count WHERE n <> 0) ORDER BY code
""")


async def page_of_cells(session: AsyncSession, query: CellQuery) -> Sequence[CellRow]:
    """Return up to `limit + 1` cells of a page."""
    statement = select(CellRow).where(*_filters(query)).order_by(*_KEY).limit(query.limit + 1)
    after = query.after(str, str, str)
    if after is not None:
        statement = statement.where(tuple_(*_KEY) > tuple_(*(literal(part) for part in after)))
    return (await session.exec(statement)).all()


async def count_cells(session: AsyncSession, query: CellQuery) -> int:
    """Return how many cells all pages hold."""
    return (await session.exec(select(func.count()).select_from(CellRow).where(*_filters(query)))).one()


def _filters(query: CellQuery) -> list[ColumnElement[bool]]:
    """Return the conditions of a query; cells of 0/0 are left out."""
    filters = [
        (col(CellRow.numerator) != 0) | (col(CellRow.denominator) != 0),
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


async def areas_with_numbers(session: AsyncSession) -> list[str]:
    """Return the published areas that hold numbers of any month, people or posyandu, by code."""
    return [area for (area,) in await fetch(session, _AREAS_WITH_NUMBERS)]
