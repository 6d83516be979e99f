"""The lines between live screens and the front door: slow, uneven, one byte at a time, cut, half-open, silent for ever.

The screen comes back by itself, and shows at the end what the snapshot shows.
"""

import random

from ilp_shared.areas import NATION
from tests.faults.evidence import cut, hurts
from tests.faults.fault import LIVE, fault
from tests.faults.platform import BreakablePlatform
from tests.faults.screen import Screen, watching
from tests.faults.workload import Workload
from tests.support.waiting import eventually

CUTS = 4


@fault("live screen far away: latency, jitter, one byte at a time", group="network", touches=LIVE)
async def screen_slow(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """Let numbers come late and in the smallest pieces; they are the same."""
    async with watching(platform, work.villages[0].regency) as screen:
        platform.door.slow(rng.uniform(0.1, 0.2), jitter_s=0.1)
        platform.door.trickle(rate=20_000)
        await work.acknowledged(5)
        await hurts(platform.door, "delayed")
        await hurts(platform.door, "trickled")
        platform.door.heal()
        work.hurt_ended()
        await screen.agrees()


@fault("connections of live screens cut again and again", group="network", touches=LIVE)
async def screen_cut(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """Cut the stream of a province: the screen comes back with its last event id, and is sent what it missed."""
    async with watching(platform, work.villages[0].code[:2]) as screen:
        for _ in range(CUTS):
            seen = screen.resumed
            await cut(platform.door)
            work.hurt_ended()
            await work.acknowledged(rng.randint(1, 4))
            await _resumed(screen, seen)
        await screen.agrees()
        assert screen.reloaded == 1, "the screen loaded everything again instead of resuming"


@fault("live screen half-open", group="network", touches=LIVE)
async def screen_half_open(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """Hold everything for a while without a notice; then everything that was held comes."""
    async with watching(platform, work.villages[0].regency) as screen:
        seen, lost = screen.resumed, screen.lost
        platform.door.hold()

        async def given_up() -> bool:
            return screen.lost > lost

        await eventually(given_up, within_s=60)
        platform.door.heal()
        work.hurt_ended()
        await _resumed(screen, seen)
        await screen.agrees()


@fault("connections of live screens silent for ever", group="network", touches=LIVE)
async def screen_stranded(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """Silence the stream of the nation: the screen gives the connection up and comes back by a new one."""
    async with watching(platform, NATION) as screen:
        seen = screen.resumed
        platform.door.strand()
        work.hurt_ended()
        await _resumed(screen, seen)
        platform.door.heal()
        await screen.agrees()


async def _resumed(screen: Screen, seen: int) -> None:
    """Wait until a stream has gone on after the event that the screen had seen last."""

    async def more() -> bool:
        return screen.resumed > seen

    await eventually(more, within_s=60)
