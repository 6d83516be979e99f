"""The network between the platform's parts: slow, uneven, one byte at a time, cut, half-open, silent for ever.

Between services and database, between workers and brokers, and between a live screen and the front door; by fault
proxies, past which the parts have no way. Whoever waits gives up in time, connects anew and loses nothing.
"""

import random

from tests.faults.fault import fault
from tests.faults.proxy import FaultProxy
from tests.faults.recovery import applied_everywhere
from tests.faults.refusals import refused_in_time
from tests.faults.screen import Screen, watching
from tests.faults.stage import FaultStage
from tests.faults.workload import Workload
from tests.support.waiting import eventually

CUTS = 4


# -- services and database -------------------------------------------------------------------------------------


@fault("database far away: latency and jitter", group="network")
async def database_slow(stage: FaultStage, work: Workload, rng: random.Random) -> None:
    """Every round trip takes long; commands and projections need several."""
    stage.database.slow(rng.uniform(0.01, 0.02), jitter_s=0.02)
    await work.acknowledged(5)
    await applied_everywhere(stage)
    stage.database.heal()


@fault("database one byte at a time", group="network")
async def database_trickling(stage: FaultStage, work: Workload, rng: random.Random) -> None:
    """No message comes in one piece."""
    stage.database.trickle()
    await work.acknowledged(5)
    await applied_everywhere(stage)
    stage.database.heal()


@fault("connections to the database cut again and again", group="network")
async def database_cut(stage: FaultStage, work: Workload, rng: random.Random) -> None:
    """Every connection of every service at once, whatever it is at."""
    for _ in range(CUTS):
        _cut(stage.database)
        await work.acknowledged(rng.randint(1, 4))


@fault("database half-open: commits without an answer, then nothing at all", group="network")
async def database_half_open(stage: FaultStage, work: Workload, rng: random.Random) -> None:
    """First requests arrive and answers do not, so what was done is not known; then nothing arrives."""
    stage.database.hold(stage.database.down)
    await refused_in_time(work)
    stage.database.hold()
    await refused_in_time(work)
    stage.database.heal()


@fault("connections to the database silent for ever", group="network")
async def database_stranded(stage: FaultStage, work: Workload, rng: random.Random) -> None:
    """As when a router forgets them: nobody is told, and only new connections work."""
    stage.database.strand()
    await work.acknowledged(5)
    stage.database.heal()


# -- workers and brokers ---------------------------------------------------------------------------------------


@fault("brokers far away: latency and jitter", group="network")
async def brokers_slow(stage: FaultStage, work: Workload, rng: random.Random) -> None:
    """Numbers come later, and are the same."""
    for proxy in stage.broker_proxies:
        proxy.slow(rng.uniform(0.02, 0.05), jitter_s=0.05)
    await work.acknowledged(5)
    await applied_everywhere(stage)
    _heal(stage)


@fault("brokers one byte at a time", group="network")
async def brokers_trickling(stage: FaultStage, work: Workload, rng: random.Random) -> None:
    """No record comes in one piece."""
    for proxy in stage.broker_proxies:
        proxy.trickle()
    await work.acknowledged(5)
    await applied_everywhere(stage)
    _heal(stage)


@fault("connections to the brokers cut again and again", group="network")
async def brokers_cut(stage: FaultStage, work: Workload, rng: random.Random) -> None:
    """One broker's at a time, then everybody's."""
    for proxies in (*([rng.choice(stage.broker_proxies)] for _ in range(CUTS)), stage.broker_proxies):
        for proxy in proxies:
            _cut(proxy)
        await work.acknowledged(rng.randint(1, 4))


@fault("answers of the brokers lost", group="network")
async def brokers_unheard(stage: FaultStage, work: Workload, rng: random.Random) -> None:
    """What was sent stands in the log, and the sender does not know: it is sent again."""
    for _ in range(CUTS):
        for proxy in stage.broker_proxies:
            proxy.lose_answers(2)
        await eventually(lambda: _all_lost(stage), within_s=60)
        await work.acknowledged(rng.randint(1, 4))


@fault("brokers half-open", group="network")
async def brokers_half_open(stage: FaultStage, work: Workload, rng: random.Random) -> None:
    """Nothing arrives at one broker, then at none; commands are accepted all the same."""
    lonely = rng.choice(stage.broker_proxies)
    lonely.hold()
    await work.acknowledged(5)
    for proxy in stage.broker_proxies:
        proxy.hold()
    await work.acknowledged(10)
    _heal(stage)


@fault("connections to the brokers silent for ever", group="network")
async def brokers_stranded(stage: FaultStage, work: Workload, rng: random.Random) -> None:
    """Nobody is told, and only new connections work."""
    for proxy in stage.broker_proxies:
        proxy.strand()
    await work.acknowledged(5)
    _heal(stage)


# -- live screen and front door --------------------------------------------------------------------------------


@fault("live screen far away: latency, jitter, one byte at a time", group="network")
async def screen_slow(stage: FaultStage, work: Workload, rng: random.Random) -> None:
    """The numbers come late and in the smallest pieces, and are the same."""
    async with watching(stage, work.villages[0].regency) as screen:
        stage.door.slow(rng.uniform(0.1, 0.2), jitter_s=0.1)
        stage.door.trickle(rate=20_000)
        await work.acknowledged(5)
        stage.door.heal()
        await screen.agrees()


@fault("connections of live screens cut again and again", group="network")
async def screen_cut(stage: FaultStage, work: Workload, rng: random.Random) -> None:
    """The screen comes back with the last event it has, and is sent what it missed."""
    async with watching(stage, work.villages[0].regency) as screen:
        for _ in range(CUTS):
            seen = screen.resumed
            _cut(stage.door)
            await work.acknowledged(rng.randint(1, 4))
            await _resumed(screen, seen)
        await screen.agrees()
        assert screen.reloaded == 1, "the screen loaded everything anew instead of resuming"


@fault("live screen half-open", group="network")
async def screen_half_open(stage: FaultStage, work: Workload, rng: random.Random) -> None:
    """Nothing comes for a while, and nobody says why; then everything that was held comes."""
    async with watching(stage, work.villages[0].regency) as screen:
        seen, lost = screen.resumed, screen.lost
        stage.door.hold()

        async def given_up() -> bool:
            return screen.lost > lost

        await eventually(given_up, within_s=60)
        stage.door.heal()
        await _resumed(screen, seen)
        await screen.agrees()


@fault("connections of live screens silent for ever", group="network")
async def screen_stranded(stage: FaultStage, work: Workload, rng: random.Random) -> None:
    """The screen gives up the silent connection and comes back by a new one."""
    async with watching(stage, work.villages[0].regency) as screen:
        seen = screen.resumed
        stage.door.strand()
        await _resumed(screen, seen)
        stage.door.heal()
        await screen.agrees()


def _cut(proxy: FaultProxy) -> None:
    assert proxy.connections > 0, "there is nothing to cut"
    proxy.cut()


def _heal(stage: FaultStage) -> None:
    for proxy in stage.broker_proxies:
        proxy.heal()


async def _resumed(screen: Screen, seen: int) -> None:
    """Wait until a stream has gone on after the event that the screen had seen last."""

    async def more() -> bool:
        return screen.resumed > seen

    await eventually(more, within_s=60)


async def _all_lost(stage: FaultStage) -> bool:
    return all(proxy.answers_to_lose == 0 for proxy in stage.broker_proxies)
