"""Schedules, cancels and lists open days; monitoring counts them as days on which a report is due."""

from datetime import date
from typing import Final
from uuid import UUID

from ilp_screening.copies.repository import facility_of
from ilp_screening.copies.service import unknown
from ilp_screening.open_days import events, repository
from ilp_screening.open_days.models import OpenDayRow
from ilp_screening.open_days.schemas import OpenDay, OpenDayInput, OpenDayQuery
from ilp_shared.auth.principal import Principal
from ilp_shared.http.guard import absent
from ilp_shared.http.paging import Page, page_of
from ilp_shared.http.resources import Resources
from ilp_shared.http.submissions import Command
from ilp_shared.ids import new_id
from ilp_shared.problems import AlreadyStored, Conflict
from ilp_shared.text import Text
from ilp_shared.write.uow import open_read

_TAKEN: Final = Text(
    "Fasilitas ini sudah punya hari buka pada tanggal itu, atau id ini sudah dipakai.",
    "This facility already has an open day on that date, or the id is taken.",
)
_CANCELLED: Final = Text("Hari buka ini sudah dibatalkan.", "This open day was cancelled.")


async def schedule(cmd: Command, content: OpenDayInput) -> OpenDay:
    """Plan an open day of a facility in the account's areas; raises NotFound (worth a retry) and Conflict."""
    facility = await facility_of(cmd.uow.conn, content.facility_id)
    if facility is None or not cmd.principal.covers(facility.area_code):
        raise unknown("/facility_id", content.facility_id)
    row = OpenDayRow(
        id=content.id or new_id(),
        version=1,
        facility_id=facility.facility_id,
        facility_kind=facility.kind,
        facility_area=facility.area_code,
        day=content.day,
        cancelled=False,
        recorded_at=cmd.now,
    )
    if not await repository.add(cmd.uow.session, row):
        existing_id = await repository.id_of(cmd.uow.session, row.facility_id, row.day, cmd.principal.areas)
        raise AlreadyStored(_TAKEN, existing_id)
    _emit(cmd, row)
    return OpenDay.model_validate(row)


async def cancel(cmd: Command, open_day_id: UUID) -> OpenDay:
    """Cancel an open day; its screenings stay. Raises NotFound, Conflict."""
    row = await repository.locked(cmd.uow.session, open_day_id, cmd.principal.areas)
    if row is None:
        raise absent()
    if row.cancelled:
        raise Conflict(_CANCELLED)
    row.cancelled, row.version, row.recorded_at = True, row.version + 1, cmd.now
    _emit(cmd, row)
    return OpenDay.model_validate(row)


async def page(resources: Resources, principal: Principal, query: OpenDayQuery) -> Page[OpenDay]:
    """Return one page of open days in order of day."""
    cursor = query.after(date, UUID)
    async with open_read(resources.database, principal.areas) as session:
        rows = await repository.page(session, principal.areas, query, cursor)
        total = await repository.number_of(session, principal.areas, query) if query.count else None
    items, next_cursor = page_of(rows, query.limit, lambda row: (row.day, row.id))
    return Page(items=[OpenDay.model_validate(row) for row in items], next=next_cursor, total=total)


def _emit(cmd: Command, row: OpenDayRow) -> None:
    cmd.uow.emit(events.scheduled(row), of=events.aggregate_of(row), occurred_at=row.recorded_at)
