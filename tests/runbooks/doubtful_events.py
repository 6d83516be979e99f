"""Events that are not to be trusted: one under a sequence that was given already, and numbers counted otherwise."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import UUID

from aiokafka import ConsumerRecord

from ilp_shared.ids import new_id
from tests.faults import topic
from tests.faults.platform import BreakablePlatform
from tests.runbooks.registering import registered
from tests.runbooks.scenario import Scenario, incident
from tests.support.waiting import eventually

_TOPIC = "ilp.registry.v1"


@incident(
    Scenario(
        "IlpEventsContradict",
        "monitoring-worker",
        rings=lambda seen: max(seen.values("ilp_consumer_contradictions_open")) > 0,
        shows=(r"unavailable", r"^ilp_consumer_contradictions_total\{.*\} [1-9]", r'"contradiction":\{'),
    )
)
@asynccontextmanager
async def record_forged(platform: BreakablePlatform) -> AsyncIterator[None]:
    """Write another event under a sequence that was applied; without the source no worker can tell which is genuine."""
    facility = await registered(platform)
    await platform.positions.applied_everywhere()
    genuine = (await eventually(lambda: _records_of(platform, facility)))[-1]
    headers = [(name, str(new_id()).encode() if name == "ce_id" else value) for name, value in genuine.headers]
    await platform.stop("registry-worker")
    try:
        await topic.append(platform.cluster.bootstrap, [replace(genuine, headers=headers)])
        yield
    finally:
        await platform.restart_with("registry-worker")


async def _records_of(platform: BreakablePlatform, facility: UUID) -> "list[ConsumerRecord[bytes, bytes]]":
    """Return the records of a posyandu; a relay that was interrupted may have sent one twice."""
    records = await topic.records(platform.cluster.bootstrap, _TOPIC)
    return [each for each in records if ("ce_aggregateid", str(facility).encode()) in each.headers]


@incident(
    Scenario(
        "IlpRefuses",
        "monitoring-worker",
        rings=lambda seen: max(seen.values("ilp_refuses", part="projection"), default=0) > 0,
        shows=(r"unavailable.*definitions", r'"refusal":"', r'^ilp_refuses\{part="projection"\} 1'),
    )
)
@asynccontextmanager
async def counted_otherwise(platform: BreakablePlatform) -> AsyncIterator[None]:
    """Let the numbers look as counted by another release, until they are called by the right one again."""
    ((counted_by,),) = await platform.rows("monitoring", "SELECT counted_by FROM projection_clock")
    await platform.script("monitoring", "UPDATE projection_clock SET counted_by = 'another release'")
    try:
        await registered(platform)
        yield
    finally:
        await platform.script("monitoring", f"UPDATE projection_clock SET counted_by = '{counted_by}'")
