"""SQL of the cell export: keyset pages in (area, month, indicator) order."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, literal, tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ilp_monitoring.exports.schemas import CellQuery
from ilp_monitoring.projections.models import CellRow
from ilp_shared.db.scoped import within

_KEY = (col(CellRow.area_code), col(CellRow.period), col(CellRow.indicator))


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
