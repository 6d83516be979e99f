"""SQL of reads, corrections and voids of screenings, through the session of a unit of work."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ilp_screening.screenings.models import ScreeningRow, ScreeningVersionRow
from ilp_screening.screenings.schemas import ScreeningQuery
from ilp_shared.db.scoped import within


async def screening_of(
    session: AsyncSession, screening_id: UUID, areas: Sequence[str], *, lock: bool = False
) -> ScreeningRow | None:
    """Return a screening inside the areas, its row locked on demand, or None."""
    statement = select(ScreeningRow).where(
        col(ScreeningRow.id) == screening_id, within(col(ScreeningRow.home_area), areas)
    )
    return (await session.exec(statement.with_for_update() if lock else statement)).one_or_none()


async def page(
    session: AsyncSession, areas: Sequence[str], query: ScreeningQuery, cursor: tuple[datetime, UUID] | None
) -> list[ScreeningRow]:
    """Return a page of screenings inside the areas and one more, newest first, that come after a cursor."""
    occurred_at, screening_id = col(ScreeningRow.occurred_at), col(ScreeningRow.id)
    statement = select(ScreeningRow).where(*_conditions(areas, query))
    if cursor is not None:
        statement = statement.where(tuple_(occurred_at, screening_id) < tuple_(*cursor))
    statement = statement.order_by(occurred_at.desc(), screening_id.desc()).limit(query.limit + 1)
    return list((await session.exec(statement)).all())


async def number_of(session: AsyncSession, areas: Sequence[str], query: ScreeningQuery) -> int:
    """Count the screenings of a list."""
    statement = select(func.count()).select_from(ScreeningRow).where(*_conditions(areas, query))
    return (await session.exec(statement)).one()


async def versions_of(session: AsyncSession, screening_id: UUID, areas: Sequence[str]) -> list[ScreeningVersionRow]:
    """Return every version of a screening inside the areas, first to last."""
    statement = select(ScreeningVersionRow).where(
        col(ScreeningVersionRow.id) == screening_id, within(col(ScreeningVersionRow.home_area), areas)
    )
    return list((await session.exec(statement.order_by(col(ScreeningVersionRow.version)))).all())


def _conditions(areas: Sequence[str], query: ScreeningQuery) -> list[ColumnElement[bool]]:
    filters = (
        (col(ScreeningRow.person_id), query.person),
        (col(ScreeningRow.facility_id), query.facility),
        (col(ScreeningRow.open_day_id), query.open_day),
    )
    conditions = [column == value for column, value in filters if value is not None]
    return [within(col(ScreeningRow.home_area), areas), *conditions]
