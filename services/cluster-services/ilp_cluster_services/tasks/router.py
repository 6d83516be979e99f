"""Routes of tasks (front door: /cluster-services/v1/tasks). Lists show the most urgent first."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime

from ilp_cluster_services.deps import AreaFilter, Mover, Parts, Reader
from ilp_cluster_services.policy.models import RoutingTables
from ilp_cluster_services.rules.lifecycle import HumanMove
from ilp_cluster_services.rules.models import Kind
from ilp_cluster_services.tasks import service
from ilp_cluster_services.tasks.schemas import AcceptTask, CancelTask, CompleteTask, TaskDetail, TaskOut, TaskQuery
from ilp_shared.write.uow import open_uow
from ilp_shared.events.cluster.v1 import TaskStatus
from ilp_shared.http.submissions import Command
from ilp_shared.http.paging import MAX_LIMIT, Page
from ilp_shared.http.refusals import problem_responses

router = APIRouter(prefix="/v1/tasks", tags=["tugas"])


@router.get("", summary="Daftar tugas tindak lanjut dan rujukan", responses=problem_responses())
async def list_tasks(
    reader: Reader,
    resources: Parts,
    area: AreaFilter = None,
    status: Annotated[list[TaskStatus] | None, Query(description="Boleh lebih dari satu.")] = None,
    kind: Kind | None = None,
    person: UUID | None = None,
    facility: Annotated[UUID | None, Query(description="Fasilitas asal atau tujuan.")] = None,
    due_before: AwareDatetime | None = None,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50,
    count: Annotated[Literal["exact"] | None, Query(description="`exact` menambahkan `total`.")] = None,
) -> Page[TaskOut]:
    """Daftar tugas dalam wilayah akun, yang paling mendesak lebih dahulu. Pembacaan dicatat.

    Tasks within the account's area, the most urgent first; keyset paging. Reads are audited.
    """
    query = TaskQuery(
        area=area, status=tuple(status or ()), kind=kind, person=person, facility=facility, due_before=due_before
    )
    async with open_uow(resources.database, reader.areas) as uow:
        return await service.list_tasks(
            uow.session,
            reader,
            query,
            routing=resources.part(RoutingTables),
            now=resources.clock.now(),
            cursor=cursor,
            limit=limit,
            count=count == "exact",
        )


@router.get("/{task_id}", summary="Satu tugas dengan riwayatnya", responses=problem_responses(404))
async def read_task(task_id: UUID, reader: Reader, resources: Parts) -> TaskDetail:
    """Satu tugas: keadaan, dasar kebijakan, serta siapa melakukan apa dan kapan. Pembacaan dicatat.

    One task: its state, the policy behind it, and who did what when. The read is audited.
    """
    async with open_uow(resources.database, reader.areas) as uow:
        return await service.read_task(
            uow.session, reader, task_id, routing=resources.part(RoutingTables), now=resources.clock.now()
        )


@router.post(
    "/{task_id}/accept", summary="Terima tugas", response_model=TaskDetail, responses=problem_responses(404, 409)
)
async def accept_task(task_id: UUID, body: AcceptTask, cmd: Mover) -> Response:
    """Terima tugas: akun ini yang akan mengerjakannya.

    Accept a task: this account takes it on.
    """
    return await _move(cmd, task_id, "accept", base_version=body.base_version)


@router.post(
    "/{task_id}/complete", summary="Selesaikan tugas", response_model=TaskDetail, responses=problem_responses(404, 409)
)
async def complete_task(task_id: UUID, body: CompleteTask, cmd: Mover) -> Response:
    """Selesaikan tugas dengan hasilnya; rujukan hanya oleh tenaga kesehatan.

    Complete a task with its outcome; referrals by health workers only.
    """
    return await _move(cmd, task_id, "complete", base_version=body.base_version, outcome=body.outcome)


@router.post(
    "/{task_id}/cancel", summary="Batalkan tugas", response_model=TaskDetail, responses=problem_responses(404, 409)
)
async def cancel_task(task_id: UUID, body: CancelTask, cmd: Mover) -> Response:
    """Batalkan tugas dengan alasan dari daftar.

    Cancel a task with a reason code.
    """
    return await _move(cmd, task_id, "cancel", base_version=body.base_version, reason=body.reason)


async def _move(
    cmd: Command,
    task_id: UUID,
    wanted: HumanMove,
    *,
    base_version: int | None,
    outcome: str | None = None,
    reason: str | None = None,
) -> Response:
    resources = cmd.resources
    moved = await service.move_task(
        cmd.uow,
        cmd.principal,
        task_id,
        wanted,
        routing=resources.part(RoutingTables),
        now=resources.clock.now(),
        base_version=base_version,
        outcome=outcome,
        reason=reason,
    )
    return cmd.answer(200, moved)
