"""Schedules, cancels and lists open days; monitoring counts them as days on which a report is due."""

from datetime import date
from uuid import UUID

from ilp_screening.copies.repository import facility_of
from ilp_screening.open_days import repository
from ilp_screening.open_days.models import OpenDayRow
from ilp_screening.open_days.repository import Wanted
from ilp_screening.open_days.schemas import OpenDayAnswer, OpenDayRequest
from ilp_screening.refusals import unknown
from ilp_shared.http.guard import absent
from ilp_shared.auth.principal import Principal
from ilp_shared.bus.contract.envelope import NewEvent
from ilp_shared.write.uow import open_read
from ilp_shared.events.screening.v1 import OpenDayScheduled
from ilp_shared.http.submissions import Command
from ilp_shared.http.paging import Page, bad_cursor, decode_cursor, encode_cursor
from ilp_shared.http.resources import Resources
from ilp_shared.ids import new_id
from ilp_shared.problems import Conflict
from ilp_shared.text import Text

_TAKEN = Text(
    "Fasilitas ini sudah punya hari buka pada tanggal itu, atau id ini sudah dipakai.",
    "This facility already has an open day on that date, or the id is taken.",
)
_CANCELLED = Text("Hari buka ini sudah dibatalkan.", "This open day was cancelled.")


async def schedule(cmd: Command, request: OpenDayRequest, traceparent: str) -> OpenDayAnswer:
    """Plan an open day of a facility in the account's areas; raises NotFound (worth a retry) and Conflict."""
    facility = await facility_of(cmd.uow.session, request.facility_id)
    if facility is None or not cmd.principal.covers(facility.area_code):
        raise unknown("/facility_id")
    row = OpenDayRow(
        id=request.id or new_id(),
        version=1,
        facility_id=facility.facility_id,
        facility_kind=facility.kind,
        facility_area=facility.area_code,
        day=request.day,
        cancelled=False,
        recorded_at=cmd.resources.clock.now(),
    )
    if not await repository.add(cmd.uow.session, row):
        raise Conflict(_TAKEN)
    cmd.uow.emit(_event(row, traceparent))
    return OpenDayAnswer.model_validate(row)


async def cancel(cmd: Command, open_day_id: UUID, traceparent: str) -> OpenDayAnswer:
    """Cancel an open day; its screenings stay. Raises NotFound, Conflict."""
    row = await repository.locked(cmd.uow.session, open_day_id, cmd.principal.areas)
    if row is None:
        raise absent()
    if row.cancelled:
        raise Conflict(_CANCELLED)
    row.cancelled, row.version, row.recorded_at = True, row.version + 1, cmd.resources.clock.now()
    cmd.uow.emit(_event(row, traceparent))
    return OpenDayAnswer.model_validate(row)


async def page(
    resources: Resources, principal: Principal, wanted: Wanted, *, cursor: str | None, limit: int, exact: bool
) -> Page[OpenDayAnswer]:
    """Return one page of open days in order of day."""
    after = _place(cursor)
    async with open_read(resources.database, principal.areas) as session:
        rows = await repository.by_day(session, wanted, after, limit + 1)
        total = await repository.number_of(session, wanted) if exact else None
    shown = [OpenDayAnswer.model_validate(row) for row in rows[:limit]]
    following = encode_cursor(shown[-1].day.isoformat(), str(shown[-1].id)) if len(rows) > limit else None
    return Page(items=shown, next=following, total=total)


def _event(row: OpenDayRow, traceparent: str) -> NewEvent:
    data = OpenDayScheduled(
        open_day_id=row.id,
        facility_id=row.facility_id,
        facility_kind=row.facility_kind,
        facility_area=row.facility_area,
        day=row.day,
        cancelled=row.cancelled,
    )
    return NewEvent(
        data=data,
        aggregate_id=row.id,
        aggregate_version=row.version,
        home_area=row.facility_area,
        area_code=row.facility_area,
        occurred_at=row.recorded_at,
        facility_id=row.facility_id,
        traceparent=traceparent,
    )


def _place(cursor: str | None) -> tuple[date, UUID] | None:
    key = decode_cursor(cursor, 2)
    if key is None:
        return None
    try:
        return date.fromisoformat(key[0]), UUID(key[1])
    except ValueError:
        raise bad_cursor() from None
