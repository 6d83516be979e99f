"""Routes of tasks (front door: /cluster-services/v1/tasks). Lists show the most urgent first."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Response

from ilp_cluster_services.rules.forms import RoutingTables
from ilp_cluster_services.rules.lifecycle import HumanMove
from ilp_cluster_services.tasks import service
from ilp_cluster_services.tasks.schemas import AcceptInput, CancelInput, CompleteInput, Task, TaskDetail, TaskQuery
from ilp_shared.auth.permissions import CLINIC, FIELD, Permission
from ilp_shared.auth.principal import Principal
from ilp_shared.http.guard import can
from ilp_shared.http.openapi import problem_responses
from ilp_shared.http.paging import Page
from ilp_shared.http.resources import ServiceResources
from ilp_shared.http.submissions import Command, command
from ilp_shared.scalars import RecordId
from ilp_shared.write.uow import open_uow

TASKS_READ: Final = Permission("tasks:read", FIELD | CLINIC, personal=True)
TASKS_WRITE: Final = Permission("tasks:write", FIELD | CLINIC, personal=True)

router = APIRouter(prefix="/v1/tasks", tags=["tugas"])


@router.get("", summary="Daftar tugas tindak lanjut dan rujukan", responses=problem_responses())
async def list_tasks(
    reader: Annotated[Principal, can(TASKS_READ)], resources: ServiceResources, query: Annotated[TaskQuery, Query()]
) -> Page[Task]:
    """Daftar tugas dalam wilayah akun, yang paling mendesak lebih dahulu. Pembacaan dicatat.

    Tasks within the account's area, the most urgent first; keyset paging. Reads are audited.
    """
    async with open_uow(resources.database, reader.areas) as uow:
        routing, now = resources.part(RoutingTables), resources.clock.now()
        return await service.list_tasks(uow, reader, query, routing=routing, now=now)


@router.get("/{task_id}", summary="Satu tugas dengan riwayatnya", responses=problem_responses(404))
async def read_task(
    task_id: RecordId, reader: Annotated[Principal, can(TASKS_READ)], resources: ServiceResources
) -> TaskDetail:
    """Satu tugas: keadaan, dasar kebijakan, serta siapa melakukan apa dan kapan. Pembacaan dicatat.

    One task: its state, the policy behind it, and who did what when. The read is audited.
    """
    async with open_uow(resources.database, reader.areas) as uow:
        routing, now = resources.part(RoutingTables), resources.clock.now()
        return await service.read_task(uow, reader, task_id, routing=routing, now=now)


@router.post(
    "/{task_id}/accept", summary="Terima tugas", response_model=TaskDetail, responses=problem_responses(404, 409)
)
async def accept_task(task_id: RecordId, body: AcceptInput, cmd: Annotated[Command, command(TASKS_WRITE)]) -> Response:
    """Terima tugas: akun ini yang akan mengerjakannya.

    Accept a task: this account takes it on.
    """
    move = HumanMove("accept", body.base_version)
    return await cmd.answer(200, await service.move_task(cmd, task_id, move))


@router.post(
    "/{task_id}/complete", summary="Selesaikan tugas", response_model=TaskDetail, responses=problem_responses(404, 409)
)
async def complete_task(
    task_id: RecordId, body: CompleteInput, cmd: Annotated[Command, command(TASKS_WRITE)]
) -> Response:
    """Selesaikan tugas dengan hasilnya; rujukan hanya oleh tenaga kesehatan.

    Complete a task with its outcome; referrals by health workers only.
    """
    move = HumanMove("complete", body.base_version, outcome=body.outcome)
    return await cmd.answer(200, await service.move_task(cmd, task_id, move))


@router.post(
    "/{task_id}/cancel", summary="Batalkan tugas", response_model=TaskDetail, responses=problem_responses(404, 409)
)
async def cancel_task(task_id: RecordId, body: CancelInput, cmd: Annotated[Command, command(TASKS_WRITE)]) -> Response:
    """Batalkan tugas dengan alasan dari daftar.

    Cancel a task with a reason code.
    """
    move = HumanMove("cancel", body.base_version, reason=body.reason)
    return await cmd.answer(200, await service.move_task(cmd, task_id, move))
