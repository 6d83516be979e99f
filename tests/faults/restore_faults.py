"""A service's database restored to an older state: its relay refuses, and the documented way back makes all exact."""

import asyncio
import random

from deploy.dev.config import Service
from tests.faults.fault import RECOVERY, fault
from tests.faults.platform import BreakablePlatform
from tests.faults.restore_incident import copy_database, lost_by, put_copy_back, stopped
from tests.faults.restore_operator import (
    BY_NAME,
    WORKERS,
    closed_door,
    compare,
    enter_again,
    orphans,
    recover,
    see_refusal,
    tasks_of,
)
from tests.faults.workload import Workload
from tests.support.waiting import eventually

_LOST = 15
"""Commands that must be acknowledged between the copy and the restore."""


@fault("screening's database restored to an older state", group="database", touches=RECOVERY)
async def screening_restored(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """Restore screening: what was recorded since the copy is listed, entered again, and finds its tasks."""
    await _restore_and_recover(platform, work, BY_NAME["screening"])


@fault("the registry's database restored to an older state", group="database", touches=RECOVERY)
async def registry_restored(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """Screenings of people whom the registry no longer knows stay, and are right again when these are entered again."""
    await _restore_and_recover(platform, work, BY_NAME["registry"])


async def _restore_and_recover(platform: BreakablePlatform, work: Workload, service: Service) -> None:
    async with stopped(platform, service):
        await copy_database(platform, service)
    for _ in range(3):
        await work.somebody()
    await work.acknowledged(_LOST)
    async with closed_door(platform, work):
        await platform.positions.applied_everywhere()  # what had not reached Kafka yet could not be listed
        async with stopped(platform, service):
            await put_copy_back(platform, service)
            lost = await lost_by(platform, work, service)
            work.hurt_ended()
        await see_refusal(platform, service)
        await asyncio.gather(*(platform.stop(name) for name in WORKERS))
        listed = await recover(platform, service)
        compare(listed, lost, work)
        await asyncio.gather(*(platform.restart_with(name) for name in WORKERS))
        await platform.positions.applied_everywhere()
        if service.name == "screening":
            screenings = {line["aggregate_id"] for line in listed if line["aggregate_version"] == 1}
            assert await orphans(platform) == await tasks_of(platform, screenings)
        await enter_again(platform, work, lost)

    async def none_left() -> bool:
        return await orphans(platform) == set()

    await eventually(none_left, within_s=120)  # commands without an answer are sent once more first
