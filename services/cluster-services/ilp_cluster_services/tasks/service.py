"""What people do with tasks: list, read, and move. One function per command."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ilp_cluster_services.rules.forms import RoutingTables
from ilp_cluster_services.rules.lifecycle import OPEN, HumanMove, IllegalMove, apply_move, may_move
from ilp_cluster_services.rules.models import TaskState
from ilp_cluster_services.tasks import repository
from ilp_cluster_services.tasks.events import emit_changed
from ilp_cluster_services.tasks.repository import MoveMade
from ilp_cluster_services.tasks.schemas import Policy, Task, TaskDetail, TaskHistoryEntry, TaskQuery
from ilp_shared.auth.permissions import Role
from ilp_shared.auth.principal import Principal
from ilp_shared.db.audit import record_access
from ilp_shared.events.cluster.v1 import TaskStatus
from ilp_shared.http.guard import absent
from ilp_shared.http.paging import Page, page_of
from ilp_shared.http.submissions import Command
from ilp_shared.problems import Conflict, Forbidden, StaleVersion
from ilp_shared.text import Text
from ilp_shared.write.uow import UnitOfWork

_STATES: Final[dict[TaskStatus, Text]] = {
    "requested": Text("menunggu", "waiting"),
    "accepted": Text("sudah diterima", "accepted"),
    "completed": Text("sudah selesai", "completed"),
    "cancelled": Text("sudah dibatalkan", "cancelled"),
}
_STALE: Final = Text(
    "Tugas ini sudah berubah sejak Anda membukanya; muat ulang lalu coba lagi.",
    "This task changed since you opened it; reload and try again.",
)
_REFERRAL: Final = Text(
    "Rujukan dijalankan tenaga kesehatan; kader hanya dapat menangani tugas tindak lanjut.",
    "Referrals are handled by health workers; a kader can handle follow-up tasks only.",
)


async def list_tasks(
    uow: UnitOfWork, principal: Principal, query: TaskQuery, *, routing: RoutingTables, now: datetime
) -> Page[Task]:
    """Return one page of tasks by due time and note whose; raises InvalidInput for an unknown cursor."""
    session, areas = uow.session, principal.areas
    rows = await repository.tasks_due(session, areas, query, query.after(datetime, UUID), query.limit + 1)
    tasks, cursor = page_of(rows, query.limit, lambda task: (task.due_at, task.id))
    await record_access(uow.conn, principal, "tasks.list", (task.person_id for task in tasks))
    return Page[Task](
        items=[Task.model_validate(_fields(task, routing, now)) for task in tasks],
        next=cursor,
        total=await repository.count_tasks(session, areas, query) if query.count else None,
    )


async def read_task(
    uow: UnitOfWork, principal: Principal, task_id: UUID, *, routing: RoutingTables, now: datetime
) -> TaskDetail:
    """Return one task with its history and note the read; raises NotFound when unknown or outside the areas."""
    task = await repository.task_by_id(uow.session, principal.areas, task_id)
    if task is None:
        raise absent()
    await record_access(uow.conn, principal, "tasks.read", [task.person_id])
    return await _detail(uow.session, task, routing, now)


async def move_task(cmd: Command, task_id: UUID, move: HumanMove) -> TaskDetail:
    """Move a task and archive the event; raises NotFound, Forbidden, StaleVersion or Conflict."""
    principal, now = cmd.principal, cmd.now
    task = await repository.task_by_id(cmd.uow.session, principal.areas, task_id, lock=True)
    if task is None:
        raise absent()
    if not may_move(task.kind, only_kader=not principal.may_without(Role.KADER, cmd.permission)):
        raise Forbidden(_REFERRAL)
    if move.base_version not in (None, task.version):
        raise StaleVersion(_STALE, task.version)
    try:
        moved = apply_move(task, move)
    except IllegalMove:
        state = _STATES[task.status]
        raise Conflict(Text(f"Tidak dapat: tugas ini {state.id}.", f"Not possible: this task is {state.en}.")) from None
    made = MoveMade(moved, move.name, now, principal.role, principal.subject)
    await repository.save(cmd.uow.conn, [moved], [made])
    emit_changed(cmd.uow, moved, occurred_at=now)
    return await _detail(cmd.uow.session, moved, cmd.resources.part(RoutingTables), now)


async def _detail(session: AsyncSession, task: TaskState, routing: RoutingTables, now: datetime) -> TaskDetail:
    history = [TaskHistoryEntry.model_validate(row) for row in await repository.history_of(session, task.id)]
    return TaskDetail.model_validate({**_fields(task, routing, now), "history": history})


def _fields(task: TaskState, routing: RoutingTables, now: datetime) -> dict[str, object]:
    table = routing.version(task.policy_version)
    route = table.route_of(task.action)
    return task.model_dump() | {
        "label": route.label,
        "overdue": task.status in OPEN and task.due_at < now,
        "policy": Policy(version=table.version, source=route.source, verified=route.verified),
    }
