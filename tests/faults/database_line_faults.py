"""The lines between services and database: slow, uneven, one byte at a time, cut, half-open, silent for ever.

By a fault proxy, past which the services have no way. Whoever waits gives up in time, connects anew, loses nothing.
"""

import random

from tests.faults.evidence import cut, hurts
from tests.faults.fault import fault
from tests.faults.recovery import applied_everywhere
from tests.faults.refusals import refused_in_time
from tests.faults.stage import FaultStage
from tests.faults.workload import Workload

CUTS = 4


@fault("database far away: latency and jitter", group="network")
async def database_slow(stage: FaultStage, work: Workload, rng: random.Random) -> None:
    """Every round trip takes long; commands and projections need several."""
    stage.database.slow(rng.uniform(0.01, 0.02), jitter_s=0.02)
    await work.acknowledged(5)
    await applied_everywhere(stage)
    assert stage.database.tally["delayed"] > 0
    stage.database.heal()


@fault("database one byte at a time", group="network")
async def database_trickling(stage: FaultStage, work: Workload, rng: random.Random) -> None:
    """No message comes in one piece."""
    stage.database.trickle()
    await work.acknowledged(5)
    await applied_everywhere(stage)
    assert stage.database.tally["trickled"] > 0
    stage.database.heal()


@fault("connections to the database cut again and again", group="network")
async def database_cut(stage: FaultStage, work: Workload, rng: random.Random) -> None:
    """Every connection of every service at once, whatever it is at."""
    for _ in range(CUTS):
        cut(stage.database)
        work.hurt_ended()
        await work.acknowledged(rng.randint(1, 4))


@fault("database half-open: commits without an answer, then nothing at all", group="network")
async def database_half_open(stage: FaultStage, work: Workload, rng: random.Random) -> None:
    """First requests arrive and answers do not, so what was done is not known; then nothing arrives."""
    stage.database.hold(stage.database.down)
    await refused_in_time(work)
    assert stage.database.tally["held"] > 0
    stage.database.hold()
    await refused_in_time(work)
    assert stage.database.tally["held"] > 0
    stage.database.heal()


@fault("connections to the database silent for ever", group="network")
async def database_stranded(stage: FaultStage, work: Workload, rng: random.Random) -> None:
    """As when a router forgets them: nobody is told, and only new connections work."""
    stage.database.strand()
    work.hurt_ended()
    await work.acknowledged(5)
    await hurts(stage.database, "silenced")
    stage.database.heal()
