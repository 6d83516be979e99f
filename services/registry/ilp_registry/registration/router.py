"""HTTP of registration and correction."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Request, Response

from ilp_registry.lookups.service import Lookups
from ilp_registry.persons.router import PERSONS_SEARCH
from ilp_registry.registration import service
from ilp_registry.registration.schemas import PersonBatchInput, PersonCorrectionInput, PersonInput, PersonReceipt
from ilp_registry.registration.service import Registrar
from ilp_registry.vault import Vault
from ilp_shared.auth.permissions import CLINIC, FIELD, Permission, Role
from ilp_shared.auth.principal import Principal
from ilp_shared.http.batches import BatchAnswer, BatchResult
from ilp_shared.http.guard import can
from ilp_shared.http.openapi import problem_responses
from ilp_shared.http.resources import Resources, ServiceResources
from ilp_shared.http.submissions import Command, command, submit_batch
from ilp_shared.problems import Problem
from ilp_shared.scalars import RecordId

PERSONS_WRITE = Permission("persons:write", FIELD | CLINIC | {Role.INTEGRATOR}, personal=True)

router = APIRouter(prefix="/v1/persons", tags=["orang"])


@router.post(
    "", summary="Daftarkan orang", status_code=201, response_model=PersonReceipt, responses=problem_responses(404, 409)
)
async def register_person(cmd: Annotated[Command, command(PERSONS_WRITE)], form: PersonInput) -> Response:
    """Mendaftarkan satu orang; tanpa NIK identitasnya sementara.

    Registers one person; without a NIK the identity is temporary.
    """
    registrar = _registrar(cmd.principal, cmd.resources)
    (outcome,) = await service.register_persons(registrar, cmd.uow, [form])
    if isinstance(outcome, Problem):
        return await cmd.refuse(outcome)
    return await cmd.answer(201, outcome, location=f"/v1/persons/{outcome.id}")


@router.post(":batch", summary="Daftarkan banyak orang", responses=problem_responses())
async def register_person_batch(
    request: Request,
    sender: Annotated[Principal, can(PERSONS_WRITE)],
    resources: ServiceResources,
    batch: PersonBatchInput,
) -> BatchAnswer[BatchResult]:
    """Mendaftarkan sampai 500 orang; setiap butir dinilai sendiri.

    Registers up to 500 persons; each item is judged by itself.
    """
    store = partial(service.register_persons, _registrar(sender, resources))
    return await submit_batch(request, sender, batch.items, PersonInput, store)


@router.put(
    "/{person_id}", summary="Perbaiki data orang", response_model=PersonReceipt, responses=problem_responses(404, 409)
)
async def correct_person(
    cmd: Annotated[Command, command(PERSONS_WRITE)], person_id: RecordId, form: PersonCorrectionInput
) -> Response:
    """Memperbaiki data orang, atau mengikat NIK pada identitas sementara.

    Corrects a person's data, or binds a NIK to a temporary identity.
    """
    registrar = _registrar(cmd.principal, cmd.resources)
    outcome = await service.correct_person(registrar, cmd.uow, person_id, form)
    return await (cmd.refuse(outcome) if isinstance(outcome, Problem) else cmd.answer(200, outcome))


def _registrar(principal: Principal, resources: Resources) -> Registrar:
    demonstration = resources.settings.profile == "development"
    return Registrar(
        principal,
        resources.part(Vault),
        resources.part(Lookups),
        resources.clock.now(),
        demonstration=demonstration,
        may_search=principal.may(PERSONS_SEARCH),
    )
