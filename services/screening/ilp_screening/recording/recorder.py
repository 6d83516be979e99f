"""Records screenings by group commit: read once, judge, write once, for all commands that wait at the same time.

Called by the recording routes; the same key sent many times at once becomes one record.
"""

import asyncio
from collections.abc import Mapping, Sequence
from uuid import UUID

import asyncpg

from ilp_screening.packs.contents import Packs
from ilp_screening.refusals import unknown
from ilp_screening.screenings import recording_repository as repository
from ilp_screening.screenings.commands import Draft, Identity, Kept, Outcome, RecordScreening
from ilp_screening.screenings.drafting import ID_TAKEN, draft_all
from ilp_screening.screenings.schemas import ScreeningAnswer
from ilp_shared.bus.archive import event_log
from ilp_shared.db.connection import Connection
from ilp_shared.write.group_commit import GroupCommit
from ilp_shared.http.submissions import Replayed, settle
from ilp_shared.problems import Conflict, Problem, Unavailable
from ilp_shared.text import Text

_CREATED = 201
_LATE = Text(
    "Belum pasti tersimpan; kirim lagi dengan Idempotency-Key yang sama.",
    "It is not certain that it was stored; send it again with the same Idempotency-Key.",
)


Firsts = Mapping[UUID, ScreeningAnswer]
"""First answers by screening, of what was recorded now or before."""


class Recorder:
    """The hot path of the service; one per API process."""

    def __init__(self, pool: asyncpg.Pool, packs: Packs) -> None:
        self._packs = packs
        self._commits: GroupCommit[RecordScreening, Outcome] = GroupCommit(
            pool, self._execute, lambda command: command.principal.areas
        )

    async def record(self, command: RecordScreening, *, deadline_s: float) -> Outcome:
        """Return the outcome after its commit; raises the Problem that refuses it, Unavailable past the deadline."""
        try:
            async with asyncio.timeout(deadline_s):
                return await self._commits.submit(command)
        except TimeoutError:
            raise uncertain() from None

    async def close(self) -> None:
        """Finish what waits, then stop."""
        await self._commits.close()

    async def _execute(self, conn: Connection, commands: Sequence[RecordScreening]) -> list[Outcome | Problem]:
        try:
            around = await repository.surroundings(conn, commands)
            decisions = draft_all(self._packs, commands, around)
            drafts = {d.command.identity: d for d in decisions if isinstance(d, Draft)}
            written, kept = await repository.write(conn, list(drafts.values()))
        except asyncpg.LockNotAvailableError:
            # Another process holds one of the keys: alone, its command is told so; in a group, each runs alone.
            raise settle(b"", b"", None, None) from None
        await event_log.append(conn, [draft.event for key, draft in drafts.items() if key in written])
        firsts = await repository.first_answers(conn, _made_before(decisions, kept))
        firsts.update({draft.answer.id: draft.answer for key, draft in drafts.items() if key in written})
        return [
            _outcome(command, decision, written, kept, firsts)
            for command, decision in zip(commands, decisions, strict=True)
        ]


def uncertain() -> Unavailable:
    """Return the answer for a command of which nobody can tell whether it was stored."""
    return Unavailable(_LATE, retry_after_s=2)


def _made_before(decisions: Sequence[Draft | Kept | Problem], kept: Mapping[Identity, Kept]) -> set[UUID]:
    """Return the screenings whose first answers are to be given again."""
    found = (*kept.values(), *(decision for decision in decisions if isinstance(decision, Kept)))
    return {one.screening_id for one in found if one.screening_id is not None}


def _outcome(
    command: RecordScreening,
    decision: Draft | Kept | Problem,
    written: set[Identity],
    kept: Mapping[Identity, Kept],
    firsts: Firsts,
) -> Outcome | Problem:
    if isinstance(decision, Problem):
        return decision
    if isinstance(decision, Kept):
        return _again(command, decision, firsts)
    if command.identity in kept:
        return _again(command, kept[command.identity], firsts)
    if command.identity not in written:
        return Conflict(ID_TAKEN)
    if decision.command is command:
        return Outcome(_CREATED, decision.body, replayed=False)
    return _again(command, Kept(decision.command.request_hash, _CREATED, decision.answer.id), firsts)


def _again(command: RecordScreening, kept: Kept, firsts: Firsts) -> Outcome | Problem:
    """Give the first answer again; an account that may no longer see the person is told as of anything foreign."""
    body: str | None = None
    if kept.screening_id is not None and kept.request_hash == command.request_hash:
        first = firsts.get(kept.screening_id)
        if first is None or not command.principal.covers(first.home_area):
            return unknown("/person_id")
        body = first.model_dump_json()
    settled = settle(kept.request_hash, command.request_hash, kept.status, body)
    if isinstance(settled, Replayed):
        return Outcome(settled.status, settled.body, replayed=True)
    return settled
