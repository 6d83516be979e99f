"""SQL of open days."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, func, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ilp_screening.open_days.models import OpenDayRow
from ilp_screening.open_days.schemas import OpenDayQuery
from ilp_shared.db.scoped import within


async def add(session: AsyncSession, row: OpenDayRow) -> bool:
    """Store an open day; False when its id is taken or the facility is open that day already."""
    statement = insert(OpenDayRow).values(row.model_dump()).on_conflict_do_nothing().returning(col(OpenDayRow.id))
    return (await session.exec(statement)).first() is not None


async def id_of(session: AsyncSession, facility_id: UUID, day: date, areas: Sequence[str]) -> UUID | None:
    """Return the open day of a facility inside the areas on a date, or None."""
    query = select(col(OpenDayRow.id)).where(
        col(OpenDayRow.facility_id) == facility_id,
        col(OpenDayRow.day) == day,
        col(OpenDayRow.cancelled).is_(False),
        within(col(OpenDayRow.facility_area), areas),
    )
    return (await session.exec(query)).first()


async def locked(session: AsyncSession, open_day_id: UUID, areas: Sequence[str]) -> OpenDayRow | None:
    """Return an open day inside the areas with its row locked, or None."""
    query = select(OpenDayRow).where(col(OpenDayRow.id) == open_day_id, within(col(OpenDayRow.facility_area), areas))
    return (await session.exec(query.with_for_update())).one_or_none()


async def page(
    session: AsyncSession, areas: Sequence[str], query: OpenDayQuery, cursor: tuple[date, UUID] | None
) -> list[OpenDayRow]:
    """Return a page of open days inside the areas and one more, in order of day, that come after a cursor."""
    sort_key = col(OpenDayRow.day), col(OpenDayRow.id)
    statement = select(OpenDayRow).where(*_conditions(areas, query))
    if cursor is not None:
        statement = statement.where(tuple_(*sort_key) > tuple_(*cursor))
    return list((await session.exec(statement.order_by(*sort_key).limit(query.limit + 1))).all())


async def number_of(session: AsyncSession, areas: Sequence[str], query: OpenDayQuery) -> int:
    """Count the open days of a list."""
    statement = select(func.count()).select_from(OpenDayRow).where(*_conditions(areas, query))
    return (await session.exec(statement)).one()


def _conditions(areas: Sequence[str], query: OpenDayQuery) -> list[ColumnElement[bool]]:
    conditions = [within(col(OpenDayRow.facility_area), areas)]
    if query.area is not None:
        conditions.append(within(col(OpenDayRow.facility_area), [query.area]))
    if query.facility is not None:
        conditions.append(col(OpenDayRow.facility_id) == query.facility)
    if query.from_ is not None:
        conditions.append(col(OpenDayRow.day) >= query.from_)
    if query.to is not None:
        conditions.append(col(OpenDayRow.day) <= query.to)
    return conditions
