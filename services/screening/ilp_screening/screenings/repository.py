"""SQL of ordinary commands and reads on screenings, through the session of a unit of work."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ilp_screening.scope_repository import within
from ilp_screening.screenings.models import Screening, ScreeningVersion


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose screenings a list shows: those that fit every given filter, inside the areas."""

    areas: Sequence[str]
    person: UUID | None = None
    facility: UUID | None = None
    open_day: UUID | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the WHERE conditions."""
        found = [within(col(Screening.home_area), self.areas)]
        for column, value in (
            (col(Screening.person_id), self.person),
            (col(Screening.facility_id), self.facility),
            (col(Screening.open_day_id), self.open_day),
        ):
            if value is not None:
                found.append(column == value)
        return found


async def screening_of(
    session: AsyncSession, screening_id: UUID, areas: Sequence[str], *, lock: bool = False
) -> Screening | None:
    """Return a screening inside the areas, its row locked on demand, or None."""
    query = select(Screening).where(col(Screening.id) == screening_id, within(col(Screening.home_area), areas))
    return (await session.exec(query.with_for_update() if lock else query)).one_or_none()


async def newest_first(
    session: AsyncSession, wanted: Wanted, after: tuple[datetime, UUID] | None, limit: int
) -> list[Screening]:
    """Return up to `limit` screenings, newest first, that come after a sort key."""
    place = tuple_(col(Screening.occurred_at), col(Screening.id))
    query = select(Screening).where(*wanted.conditions())
    if after is not None:
        query = query.where(place < tuple_(*after))
    query = query.order_by(col(Screening.occurred_at).desc(), col(Screening.id).desc()).limit(limit)
    return list((await session.exec(query)).all())


async def number_of(session: AsyncSession, wanted: Wanted) -> int:
    """Count the screenings of a list."""
    return (await session.exec(select(func.count()).select_from(Screening).where(*wanted.conditions()))).one()


async def versions_of(session: AsyncSession, screening_id: UUID, areas: Sequence[str]) -> list[ScreeningVersion]:
    """Return every version of a screening inside the areas, first to last."""
    query = select(ScreeningVersion).where(
        col(ScreeningVersion.id) == screening_id, within(col(ScreeningVersion.home_area), areas)
    )
    return list((await session.exec(query.order_by(col(ScreeningVersion.version)))).all())
