"""SQL of the task routes. Every query takes the account's areas: the first wall, before row-level security."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, tuple_, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ilp_cluster_services.rules.models import Move, Task
from ilp_cluster_services.tasks.models import TaskHistoryRow, TaskRow
from ilp_cluster_services.tasks.schemas import TaskQuery
from ilp_shared.areas import NATION


async def tasks_due(
    session: AsyncSession, areas: Sequence[str], query: TaskQuery, after: tuple[datetime, UUID] | None, limit: int
) -> list[Task]:
    """Return up to `limit` tasks, the most urgent first, after a (due, id) key."""
    statement = select(TaskRow).where(*_wanted(areas, query)).order_by(col(TaskRow.due_at), col(TaskRow.id))
    if after is not None:
        statement = statement.where(tuple_(col(TaskRow.due_at), col(TaskRow.id)) > after)
    rows = (await session.exec(statement.limit(limit))).all()
    return [Task.model_validate(row) for row in rows]


async def count_tasks(session: AsyncSession, areas: Sequence[str], query: TaskQuery) -> int:
    """Count all tasks a list would show."""
    return (await session.exec(select(func.count()).select_from(TaskRow).where(*_wanted(areas, query)))).one()


async def task_by_id(session: AsyncSession, areas: Sequence[str], task_id: UUID, *, lock: bool = False) -> Task | None:
    """Return one task within the areas, locked against other moves if asked for."""
    statement = select(TaskRow).where(col(TaskRow.id) == task_id, _within(areas))
    row = (await session.exec(statement.with_for_update() if lock else statement)).one_or_none()
    return None if row is None else Task.model_validate(row)


async def history_of(session: AsyncSession, task_id: UUID) -> list[TaskHistoryRow]:
    """Return the moves of a task, oldest first."""
    statement = (
        select(TaskHistoryRow).where(col(TaskHistoryRow.task_id) == task_id).order_by(col(TaskHistoryRow.version))
    )
    return list((await session.exec(statement)).all())


async def save_move(session: AsyncSession, task: Task, move: Move, *, role: str, subject: str, at: datetime) -> None:
    """Store a person's move: the task's new state and the line of its history."""
    changed = {"version": task.version, "status": task.status, "outcome": task.outcome, "reason": task.reason}
    await session.exec(update(TaskRow).where(col(TaskRow.id) == task.id).values(**changed))
    session.add(
        TaskHistoryRow(
            task_id=task.id,
            version=task.version,
            home_area=task.home_area,
            move=move,
            status=task.status,
            detail=task.outcome or task.reason,
            role=role,
            subject=subject,
            at=at,
        )
    )


def _wanted(areas: Sequence[str], query: TaskQuery) -> list[ColumnElement[bool]]:
    conditions = [_within(areas)]
    if query.area is not None:
        conditions.append(_within([query.area]))
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


def _within(areas: Sequence[str]) -> ColumnElement[bool]:
    """The condition that a task's home lies in one of the areas or below it; none for the nation."""
    if NATION in areas:
        return and_(True)
    home = col(TaskRow.home_area)
    return or_(False, *(or_(home == area, home.startswith(area + ".", autoescape=True)) for area in areas))
