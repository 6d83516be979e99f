"""A service's database restored to an older state: its relay refuses, and the documented way back makes all exact."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from deploy.dev.config import SERVICES, Service
from tests.faults.fault import fault
from tests.faults.ledger import Entry
from tests.faults.recovery import applied_everywhere
from tests.faults.restore_accident import copy_database, lost_by, put_copy_back, stopped
from tests.faults.restore_operator import BY_NAME, compare, orphans, recover, see_refusal, tasks_of
from tests.faults.sender import Sender
from tests.faults.stage import FaultStage
from tests.faults.workload import Workload
from tests.support.waiting import eventually

_WORKERS = [f"{service.path[1:]}-worker" for service in SERVICES]
_LOST = 15
"""Commands that must be acknowledged between the copy and the restore."""


@fault("screening's database restored to an older state", group="database")
async def screening_restored(stage: FaultStage, work: Workload, rng: random.Random) -> None:
    """What was recorded since the copy is listed, and entered again; its tasks were waiting for it."""
    await _restore_and_recover(stage, work, BY_NAME["screening"])


@fault("the registry's database restored to an older state", group="database")
async def registry_restored(stage: FaultStage, work: Workload, rng: random.Random) -> None:
    """Screenings of people whom the registry no longer knows stay, and are right again when these are entered again."""
    await _restore_and_recover(stage, work, BY_NAME["registry"])


async def _restore_and_recover(stage: FaultStage, work: Workload, service: Service) -> None:
    async with stopped(stage, service):
        await copy_database(stage, service)
    for _ in range(3):
        await work.somebody()
    await work.acknowledged(_LOST)
    async with _closed_door(stage, work):
        await applied_everywhere(stage)  # what had not reached Kafka yet could not be listed
        async with stopped(stage, service):
            await put_copy_back(stage, service)
            lost = await lost_by(stage, work, service)
            work.hurt_ended()
        await see_refusal(stage, service)
        await asyncio.gather(*(stage.stop(name) for name in _WORKERS))
        listed = await recover(stage, service)
        compare(listed, lost, work)
        await asyncio.gather(*(stage.restart_with(name) for name in _WORKERS))
        await applied_everywhere(stage)
        if service.name == "screening":
            screenings = {line["aggregate_id"] for line in listed if line["aggregate_version"] == 1}
            assert await orphans(stage) == await tasks_of(stage, screenings)
        await _enter_again(stage, work, lost)

    async def none_left() -> bool:
        return await orphans(stage) == set()

    await eventually(none_left, within_s=120)  # what nobody was told about in the last moment is sent once more first


@asynccontextmanager
async def _closed_door(stage: FaultStage, work: Workload) -> AsyncIterator[None]:
    """Nobody enters anything; who was about to waits, and comes back with the same key afterwards."""
    work.sender.may_enter.clear()
    stage.door.refuse()
    try:
        yield
    finally:
        stage.door.heal()
        work.sender.may_enter.set()


async def _enter_again(stage: FaultStage, work: Workload, lost: Sequence[Entry]) -> None:
    """Send the lost commands again under their old keys, past the closed door, before anybody else may enter."""
    async with work.client_of(stage.platform.config.address) as client:
        sender = Sender(client, work.ledger, work.headers_of, random.Random(work.seed))
        for entry in lost:
            await sender.send(entry.command)
