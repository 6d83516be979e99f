"""What people do with tasks: list, read, and move. One function per command; the router calls these."""

from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ilp_cluster_services.audit.repository import note_reads
from ilp_cluster_services.policy.models import RoutingTables
from ilp_cluster_services.rules.lifecycle import HumanMove, IllegalMove, may_move, move
from ilp_cluster_services.rules.models import Task
from ilp_cluster_services.tasks import repository
from ilp_cluster_services.tasks.events import task_changed
from ilp_cluster_services.tasks.schemas import HistoryOut, Label, Policy, TaskDetail, TaskOut, TaskQuery
from ilp_shared.http.guard import absent
from ilp_shared.auth.permissions import Permission, Role
from ilp_shared.auth.principal import Principal
from ilp_shared.write.uow import UnitOfWork
from ilp_shared.http.paging import Page, decode_instant_cursor, encode_cursor
from ilp_shared.problems import Conflict, Forbidden, StaleVersion
from ilp_shared.text import Text

_STATES = {
    "requested": Text("menunggu", "waiting"),
    "accepted": Text("sudah diterima", "accepted"),
    "completed": Text("sudah selesai", "completed"),
    "cancelled": Text("sudah dibatalkan", "cancelled"),
}
_STALE = Text(
    "Tugas ini sudah berubah sejak Anda membukanya; muat ulang lalu coba lagi.",
    "This task changed since you opened it; reload and try again.",
)
_REFERRAL = Text(
    "Rujukan dijalankan tenaga kesehatan; kader hanya dapat menangani tugas tindak lanjut.",
    "Referrals are handled by health workers; a kader can handle follow-up tasks only.",
)


async def list_tasks(
    session: AsyncSession,
    principal: Principal,
    query: TaskQuery,
    *,
    routing: RoutingTables,
    now: datetime,
    cursor: str | None,
    limit: int,
    count: bool,
) -> Page[TaskOut]:
    """Return one page of tasks by due time and note whose; raises InvalidInput for a foreign cursor."""
    found = await repository.tasks_due(session, principal.areas, query, decode_instant_cursor(cursor), limit + 1)
    shown, last = found[:limit], found[limit - 1 : limit]
    await note_reads(session, principal, "tasks.list", (task.person_id for task in shown), now)
    return Page[TaskOut](
        items=[TaskOut(**_shown(task, routing, now)) for task in shown],
        next=encode_cursor(last[0].due_at.isoformat(), str(last[0].id)) if len(found) > limit else None,
        total=await repository.count_tasks(session, principal.areas, query) if count else None,
    )


async def read_task(
    session: AsyncSession, principal: Principal, task_id: UUID, *, routing: RoutingTables, now: datetime
) -> TaskDetail:
    """Return one task with its history and note the read; raises NotFound when unknown or outside the areas."""
    task = await repository.task_by_id(session, principal.areas, task_id)
    if task is None:
        raise absent()
    await note_reads(session, principal, "tasks.read", [task.person_id], now)
    return await _detail(session, task, routing, now)


async def move_task(
    uow: UnitOfWork,
    principal: Principal,
    task_id: UUID,
    wanted: HumanMove,
    *,
    routing: RoutingTables,
    now: datetime,
    base_version: int | None,
    outcome: str | None = None,
    reason: str | None = None,
) -> TaskDetail:
    """Move a task and archive the event; raises NotFound, Forbidden, StaleVersion or Conflict."""
    task = await repository.task_by_id(uow.session, principal.areas, task_id, lock=True)
    if task is None:
        raise absent()
    if not may_move(task.kind, only_kader=_only_kader(principal)):
        raise Forbidden(_REFERRAL)
    if base_version is not None and base_version != task.version:
        raise StaleVersion(_STALE)
    try:
        moved = move(task, wanted, outcome=outcome, reason=reason)
    except IllegalMove:
        state = _STATES[task.status]
        raise Conflict(Text(f"Tidak dapat: tugas ini {state.id}.", f"Not possible: this task is {state.en}.")) from None
    await repository.save_move(uow.session, moved, wanted, role=principal.role, subject=principal.subject, at=now)
    uow.emit(task_changed(moved, now))
    await uow.session.flush()
    return await _detail(uow.session, moved, routing, now)


def _only_kader(principal: Principal) -> bool:
    others = Principal(principal.subject, principal.roles - {Role.KADER}, principal.areas, principal.expires_at)
    return not others.may(Permission.TASKS_WRITE)


async def _detail(session: AsyncSession, task: Task, routing: RoutingTables, now: datetime) -> TaskDetail:
    history = [
        HistoryOut.model_validate(row, from_attributes=True) for row in await repository.history_of(session, task.id)
    ]
    return TaskDetail(**_shown(task, routing, now), history=history)


def _shown(task: Task, routing: RoutingTables, now: datetime) -> dict[str, object]:
    table = routing.version(task.policy_version)
    route = table.route_of(task.action)
    return task.model_dump() | {
        "label": Label(id=route.label_id, en=route.label_en),
        "overdue": task.status in ("requested", "accepted") and task.due_at < now,
        "policy": Policy(version=table.version, source=route.source, verified=route.verified),
    }
