"""Reads screenings and notes in the same transaction who read whose."""

from uuid import UUID

from ilp_screening.audit.repository import note_reads
from ilp_screening.screenings import repository
from ilp_screening.screenings.answers import answer_of, version_of
from ilp_screening.screenings.repository import Wanted
from ilp_screening.screenings.schemas import ScreeningAnswer, VersionAnswer
from ilp_shared.http.guard import absent
from ilp_shared.auth.principal import Principal
from ilp_shared.write.uow import open_uow
from ilp_shared.http.paging import Page, decode_instant_cursor, encode_cursor
from ilp_shared.http.resources import Resources


async def page(
    resources: Resources, principal: Principal, wanted: Wanted, *, cursor: str | None, limit: int, exact: bool
) -> Page[ScreeningAnswer]:
    """Return one page of screenings, newest first."""
    after = decode_instant_cursor(cursor)
    async with open_uow(resources.database, principal.areas) as uow:
        rows = await repository.newest_first(uow.session, wanted, after, limit + 1)
        total = await repository.number_of(uow.session, wanted) if exact else None
        shown = [answer_of(row) for row in rows[:limit]]
        persons = [answer.person_id for answer in shown]
        await note_reads(uow.session, principal, "screenings.list", persons, resources.clock.now())
    following = None
    if len(rows) > limit:
        following = encode_cursor(shown[-1].occurred_at.isoformat(), str(shown[-1].id))
    return Page(items=shown, next=following, total=total)


async def one(resources: Resources, principal: Principal, screening_id: UUID) -> ScreeningAnswer:
    """Return the current state of a screening; raises NotFound for unknown and foreign ids alike."""
    async with open_uow(resources.database, principal.areas) as uow:
        row = await repository.screening_of(uow.session, screening_id, principal.areas)
        if row is None:
            raise absent()
        answer = answer_of(row)
        await note_reads(uow.session, principal, "screenings.read", [answer.person_id], resources.clock.now())
    return answer


async def versions(resources: Resources, principal: Principal, screening_id: UUID) -> list[VersionAnswer]:
    """Return the history of a screening, first version first; raises NotFound."""
    async with open_uow(resources.database, principal.areas) as uow:
        rows = await repository.versions_of(uow.session, screening_id, principal.areas)
        if not rows:
            raise absent()
        history = [version_of(row) for row in rows]
        person = history[0].content.person_id
        await note_reads(uow.session, principal, "screenings.history", [person], resources.clock.now())
    return history
