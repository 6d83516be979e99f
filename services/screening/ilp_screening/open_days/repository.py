"""SQL of open days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, func, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ilp_screening.open_days.models import OpenDayRow
from ilp_screening.scope_repository import within


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which open days a list shows, inside the account's areas."""

    areas: Sequence[str]
    area: str | None
    facility: UUID | None
    first: date | None
    last: date | None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the WHERE conditions."""
        found = [within(col(OpenDayRow.facility_area), self.areas)]
        if self.area is not None:
            found.append(within(col(OpenDayRow.facility_area), [self.area]))
        if self.facility is not None:
            found.append(col(OpenDayRow.facility_id) == self.facility)
        if self.first is not None:
            found.append(col(OpenDayRow.day) >= self.first)
        if self.last is not None:
            found.append(col(OpenDayRow.day) <= self.last)
        return found


async def add(session: AsyncSession, row: OpenDayRow) -> bool:
    """Store an open day; False when its id is taken or the facility is open that day already."""
    statement = insert(OpenDayRow).values(row.model_dump()).on_conflict_do_nothing().returning(col(OpenDayRow.id))
    return (await session.exec(statement)).first() is not None


async def locked(session: AsyncSession, open_day_id: UUID, areas: Sequence[str]) -> OpenDayRow | None:
    """Return an open day inside the areas with its row locked, or None."""
    query = select(OpenDayRow).where(col(OpenDayRow.id) == open_day_id, within(col(OpenDayRow.facility_area), areas))
    return (await session.exec(query.with_for_update())).one_or_none()


async def by_day(
    session: AsyncSession, wanted: Wanted, after: tuple[date, UUID] | None, limit: int
) -> list[OpenDayRow]:
    """Return up to `limit` open days in order of day that come after a sort key."""
    query = select(OpenDayRow).where(*wanted.conditions())
    if after is not None:
        query = query.where(tuple_(col(OpenDayRow.day), col(OpenDayRow.id)) > tuple_(*after))
    return list((await session.exec(query.order_by(col(OpenDayRow.day), col(OpenDayRow.id)).limit(limit))).all())


async def number_of(session: AsyncSession, wanted: Wanted) -> int:
    """Count the open days of a list."""
    return (await session.exec(select(func.count()).select_from(OpenDayRow).where(*wanted.conditions()))).one()
