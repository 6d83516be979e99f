"""SQL of the projection: whole batches of tasks in a few statements, in the consumer's transaction.

Rows are locked before they are decided on, in id order, so that a person's move and an event never cross.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from ilp_cluster_services.rules.models import Move, Task
from ilp_shared.db.connection import Connection

_OF_SCREENINGS = "SELECT * FROM task WHERE screening_id = ANY($1) ORDER BY id FOR UPDATE"

_WAITING = """
SELECT * FROM task WHERE facility_id IS NULL AND status IN ('requested', 'accepted') ORDER BY id FOR UPDATE
"""

_ORPHANS = "SELECT * FROM task WHERE screening_version = 0 ORDER BY opened_day, id"

_SAVE = """
INSERT INTO task SELECT * FROM jsonb_populate_recordset(NULL::task, $1::jsonb)
ON CONFLICT (id) DO UPDATE SET
    version = excluded.version, screening_version = excluded.screening_version, facility_id = excluded.facility_id,
    kind = excluded.kind, klaster = excluded.klaster, target_level = excluded.target_level,
    status = excluded.status, opened_day = excluded.opened_day, due_at = excluded.due_at,
    result_code = excluded.result_code, result_codes = excluded.result_codes, routed = excluded.routed,
    policy_version = excluded.policy_version, outcome = excluded.outcome, reason = excluded.reason
"""

_NOTE = """
INSERT INTO task_history (task_id, version, home_area, move, status, detail, role, subject, at)
SELECT h.task_id, h.version, h.home_area, h.move, h.status, h.detail, 'system', 'cluster-services', h.at FROM unnest(
    $1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[]) AS h (
    task_id, version, home_area, move, status, detail, at)
"""


@dataclass(frozen=True, slots=True)
class Noted:
    """One move that an event made: the task as it became, and when the event was recorded."""

    task: Task
    move: Move
    at: datetime


async def tasks_of(conn: Connection, screenings: Iterable[UUID]) -> list[Task]:
    """Return and lock all tasks of the given screenings."""
    return [Task.model_validate(dict(row)) for row in await conn.fetch(_OF_SCREENINGS, list(set(screenings)))]


async def waiting_tasks(conn: Connection) -> list[Task]:
    """Return and lock the open tasks whose facility was not known when they were opened."""
    return [Task.model_validate(dict(row)) for row in await conn.fetch(_WAITING)]


async def save(conn: Connection, tasks: Sequence[Task]) -> None:
    """Write the states of tasks; one row per task."""
    if tasks:
        rows = [task.model_dump(mode="json") for task in tasks]
        await conn.execute(_SAVE, orjson.dumps(rows).decode())


async def note(conn: Connection, moves: Sequence[Noted]) -> None:
    """Write the history of moves made by events."""
    if not moves:
        return
    rows = [(n.task.id, n.task.version, n.task.home_area, n.move, n.task.status, n.task.reason, n.at) for n in moves]
    await conn.execute(_NOTE, *(list(column) for column in zip(*rows, strict=True)))


async def forget_screenings(conn: Connection) -> None:
    """Let the next event of any screening, from its first version on, decide on its tasks anew."""
    await conn.execute("UPDATE task SET screening_version = 0")


async def orphans(conn: Connection) -> list[Task]:
    """Return the tasks whose screening has not come back since it was forgotten."""
    return [Task.model_validate(dict(row)) for row in await conn.fetch(_ORPHANS)]
