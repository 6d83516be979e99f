"""The relay killed or frozen between sending events to Kafka and marking them as sent."""

import random

from tests.faults.arming import SOON_S, until_frozen, until_killed
from tests.faults.evidence import Log, leads, metric
from tests.faults.fault import RELAY, fault
from tests.faults.platform import BreakablePlatform
from tests.faults.workload import Workload
from tests.support.waiting import eventually


@fault("relay killed between sending and marking", group="process", touches=RELAY)
async def relay_killed(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """Kill it with events sent but not marked: the next leader sends them again, and consumers skip them."""
    skipped = await metric(platform, "monitoring-worker", "ilp_consumer_skipped_total")
    await until_killed(platform, "screening-worker", "relay.after_send", rng.randint(1, 4))
    work.hurt_ended()

    async def sent_twice() -> bool:
        return await metric(platform, "monitoring-worker", "ilp_consumer_skipped_total") > skipped

    await eventually(sent_twice, within_s=SOON_S)


@fault("relay frozen past its lease while another leads, then resumed", group="process", touches=RELAY)
async def relay_frozen(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """Frozen between sending and marking: thawed it must find its lease gone, and mark nothing.

    What it had in hand is long behind the marks of the other by then: had it marked that, they would have gone back.
    """
    log = Log(platform, "screening-worker")
    await until_frozen(platform, "screening-worker", "relay.after_send", rng.randint(1, 4))
    work.hurt_ended()
    async with platform.second("screening-worker") as other:

        async def other_leads() -> bool:
            return await leads(platform, other)

        await eventually(other_leads, within_s=SOON_S)
        await work.acknowledged(5)
        await platform.positions.applied_everywhere()
        marked = await _marks(platform)
        platform.resume("screening-worker")
        await log.says("relay_interrupted", reason="LeaseLost")
        assert all(now >= marked[shard] for shard, now in (await _marks(platform)).items())
        assert await leads(platform, other)


async def _marks(platform: BreakablePlatform) -> dict[int, int]:
    """Return how far the archive is marked as sent, by shard."""
    return {row["shard"]: row["published"] for row in await platform.rows("screening", "SELECT * FROM relay_shard")}
