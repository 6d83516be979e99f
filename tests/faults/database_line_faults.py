"""The lines between services and database: slow, uneven, one byte at a time, cut, half-open, silent for ever.

By a fault proxy, past which the services have no way. A client that waits gives up in time and connects again.
"""

import random

from tests.faults.evidence import cut, hurts
from tests.faults.fault import DATABASE, fault
from tests.faults.platform import BreakablePlatform
from tests.faults.refusals import until_refused
from tests.faults.workload import Workload

CUTS = 4


@fault("database far away: latency and jitter", group="network", touches=DATABASE)
async def database_slow(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """Delay every round trip; commands and projections need several."""
    platform.database.slow(rng.uniform(0.01, 0.02), jitter_s=0.02)
    await work.acknowledged(5)
    await platform.positions.applied_everywhere()
    assert platform.database.tally["delayed"] > 0
    platform.database.heal()


@fault("database one byte at a time", group="network", touches=DATABASE)
async def database_trickling(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """No message comes in one piece."""
    platform.database.trickle()
    await work.acknowledged(5)
    await platform.positions.applied_everywhere()
    assert platform.database.tally["trickled"] > 0
    platform.database.heal()


@fault("connections to the database cut again and again", group="network", touches=DATABASE, smoke=True)
async def database_cut(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """Cut all connections of all services at once, whatever they are at."""
    for _ in range(CUTS):
        await cut(platform.database)
        work.hurt_ended()
        await work.acknowledged(rng.randint(1, 4))


@fault("database half-open: commits without an answer, then nothing at all", group="network", touches=DATABASE)
async def database_half_open(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """First requests arrive and answers do not, so what was done is not known; then nothing arrives."""
    platform.database.hold(platform.database.down)
    await until_refused(work)
    assert platform.database.tally["held"] > 0
    platform.database.hold()
    await until_refused(work)
    assert platform.database.tally["held"] > 0
    platform.database.heal()


@fault("connections to the database silent for ever", group="network", touches=DATABASE)
async def database_stranded(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """Silence all connections without a notice, as when a router forgets them; only new ones work."""
    platform.database.strand()
    work.hurt_ended()
    await work.acknowledged(5)
    await hurts(platform.database, "silenced")
    platform.database.heal()
