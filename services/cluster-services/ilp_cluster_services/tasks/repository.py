"""SQL of tasks and their history.

Queries of the routes take the account's areas: the first wall, before row-level security. Those of the projection
handle whole batches; they lock rows in id order before the batch is decided on, so that a person's move and an event
never cross.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy import ColumnElement, func, or_, tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ilp_cluster_services.rules.models import Move, TaskState
from ilp_cluster_services.tasks.models import TaskHistoryRow, TaskRow
from ilp_cluster_services.tasks.schemas import TaskQuery
from ilp_shared.db.connection import Connection
from ilp_shared.db.scoped import within

_OF_SCREENINGS: Final = "SELECT * FROM task WHERE screening_id = ANY($1) ORDER BY id FOR UPDATE"

_WAITING: Final = """
SELECT * FROM task WHERE facility_id IS NULL AND status IN ('requested', 'accepted') ORDER BY id FOR UPDATE
"""

_ORPHANS: Final = "SELECT * FROM task WHERE screening_version = 0 ORDER BY opened_day, id"

_SAVE: Final = """
INSERT INTO task SELECT * FROM jsonb_populate_recordset(NULL::task, $1::jsonb)
ON CONFLICT (id) DO UPDATE SET
    version = excluded.version, screening_version = excluded.screening_version, facility_id = excluded.facility_id,
    kind = excluded.kind, klaster = excluded.klaster, target_level = excluded.target_level,
    status = excluded.status, opened_day = excluded.opened_day, due_at = excluded.due_at,
    result_code = excluded.result_code, result_codes = excluded.result_codes, routed = excluded.routed,
    policy_version = excluded.policy_version, outcome = excluded.outcome, reason = excluded.reason
"""

_NOTE: Final = """
INSERT INTO task_history (task_id, version, home_area, move, status, detail, role, subject, at)
SELECT * FROM unnest(
    $1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::timestamptz[])
"""


@dataclass(frozen=True, slots=True)
class MoveMade:
    """One move for the history: the task after it, the role and account (or service) that made it, and when."""

    task: TaskState
    move: Move
    at: datetime
    role: str = "system"
    subject: str = "cluster-services"


async def tasks_due(
    session: AsyncSession,
    areas: Sequence[str],
    query: TaskQuery,
    cursor: tuple[datetime, UUID] | None,
    limit: int,
) -> list[TaskState]:
    """Return up to `limit` tasks, the most urgent first, after a (due, id) key."""
    statement = select(TaskRow).where(*_conditions(areas, query)).order_by(col(TaskRow.due_at), col(TaskRow.id))
    if cursor is not None:
        statement = statement.where(tuple_(col(TaskRow.due_at), col(TaskRow.id)) > cursor)
    rows = (await session.exec(statement.limit(limit))).all()
    return [_state(row) for row in rows]


async def count_tasks(session: AsyncSession, areas: Sequence[str], query: TaskQuery) -> int:
    """Count all tasks a list would show."""
    return (await session.exec(select(func.count()).select_from(TaskRow).where(*_conditions(areas, query)))).one()


async def task_by_id(
    session: AsyncSession, areas: Sequence[str], task_id: UUID, *, lock: bool = False
) -> TaskState | None:
    """Return one task within the areas, locked against other moves if asked for."""
    statement = select(TaskRow).where(col(TaskRow.id) == task_id, within(col(TaskRow.home_area), areas))
    row = (await session.exec(statement.with_for_update() if lock else statement)).one_or_none()
    return None if row is None else _state(row)


async def history_of(session: AsyncSession, task_id: UUID) -> list[TaskHistoryRow]:
    """Return the moves of a task, oldest first."""
    statement = (
        select(TaskHistoryRow).where(col(TaskHistoryRow.task_id) == task_id).order_by(col(TaskHistoryRow.version))
    )
    return list((await session.exec(statement)).all())


async def tasks_of(conn: Connection, screenings: Iterable[UUID]) -> list[TaskState]:
    """Return and lock all tasks of the given screenings."""
    return [_state(row) for row in await conn.fetch(_OF_SCREENINGS, list(set(screenings)))]


async def waiting_tasks(conn: Connection) -> list[TaskState]:
    """Return and lock the open tasks whose facility was not known when they were opened."""
    return [_state(row) for row in await conn.fetch(_WAITING)]


async def orphans(conn: Connection) -> list[TaskState]:
    """Return the tasks whose screening has not come back since it was forgotten."""
    return [_state(row) for row in await conn.fetch(_ORPHANS)]


async def save(conn: Connection, tasks: Iterable[TaskState], moves: Sequence[MoveMade]) -> None:
    """Write the states of tasks, one per task, and the history of the moves that led to them."""
    states = [task.model_dump(mode="json") for task in tasks]
    if states:
        await conn.execute(_SAVE, orjson.dumps(states).decode())
    if moves:
        await conn.execute(_NOTE, *(list(column) for column in zip(*map(_history_line, moves), strict=True)))


async def forget_screenings(conn: Connection) -> None:
    """Let the next event of any screening, from its first version on, decide on its tasks again."""
    await conn.execute("UPDATE task SET screening_version = 0")


def _state(row: TaskRow | asyncpg.Record) -> TaskState:
    return TaskState.model_validate(row if isinstance(row, TaskRow) else dict(row), from_attributes=True)


def _history_line(made: MoveMade) -> tuple[object, ...]:
    task, detail = made.task, made.task.outcome or made.task.reason
    return task.id, task.version, task.home_area, made.move, task.status, detail, made.role, made.subject, made.at


def _conditions(areas: Sequence[str], query: TaskQuery) -> list[ColumnElement[bool]]:
    conditions = [within(col(TaskRow.home_area), areas)]
    if query.area is not None:
        conditions.append(within(col(TaskRow.home_area), [query.area]))
    if query.status:
        conditions.append(col(TaskRow.status).in_(query.status))
    if query.kind is not None:
        conditions.append(col(TaskRow.kind) == query.kind)
    if query.person is not None:
        conditions.append(col(TaskRow.person_id) == query.person)
    if query.facility is not None:
        conditions.append(
            or_(col(TaskRow.facility_id) == query.facility, col(TaskRow.origin_facility_id) == query.facility)
        )
    if query.due_before is not None:
        conditions.append(col(TaskRow.due_at) < query.due_before)
    return conditions
