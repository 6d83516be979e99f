"""Consumers killed or frozen around the commit that moves positions together with their effects."""

import random
from contextlib import AsyncExitStack

from tests.faults.arming import SOON_S, until_frozen, until_killed
from tests.faults.evidence import Log
from tests.faults.fault import CONSUMER, Hurt, fault
from tests.faults.platform import BreakablePlatform
from tests.faults.workload import Workload
from tests.support.waiting import eventually


def consumer_killed(worker: str, place: str) -> Hurt:
    """Return a worker is killed around the commit that moves positions together with their effects."""

    async def hurt(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
        await until_killed(platform, worker, f"consumer.{place}", rng.randint(1, 4))
        work.hurt_ended()

    return hurt


fault(
    "consumer of monitoring killed before its commit",
    group="process",
    touches=(*CONSUMER, "ilp_monitoring.projections"),
)(consumer_killed("monitoring-worker", "before_commit"))
fault(
    "consumer of monitoring killed after its commit", group="process", touches=(*CONSUMER, "ilp_monitoring.projections")
)(consumer_killed("monitoring-worker", "after_commit"))
fault("consumer of tasks killed before its commit", group="process", touches=(*CONSUMER, "ilp_cluster_services"))(
    consumer_killed("cluster-services-worker", "before_commit")
)
fault("consumer of tasks killed after its commit", group="process", touches=(*CONSUMER, "ilp_cluster_services"))(
    consumer_killed("cluster-services-worker", "after_commit")
)


@fault("consumer frozen past its session while another takes over, then resumed", group="process", touches=CONSUMER)
async def consumer_frozen(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """Frozen with events in its hands that another member applies meanwhile: its late write must be refused."""
    log = Log(platform, "monitoring-worker")
    await until_frozen(platform, "monitoring-worker", "consumer.before_apply", rng.randint(2, 5))
    work.hurt_ended()
    async with platform.second("monitoring-worker"):
        await platform.positions.applied_everywhere()
        platform.resume("monitoring-worker")
        await log.says("position_moved_by_another_member")


@fault("three consumers of monitoring, one of them killed again and again", group="process", touches=CONSUMER)
async def rebalance_storm(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """Make the group share out its partitions again at every kill and every return."""
    async with AsyncExitStack() as stack:
        members = ["monitoring-worker"]
        for _ in range(2):
            members.append(await stack.enter_async_context(platform.second("monitoring-worker")))
        for _ in range(6):
            victim = rng.choice(members)
            killed = platform.pid_of(victim)
            await platform.kill(victim)
            work.hurt_ended()
            await work.acknowledged(4)

            async def back(victim: str = victim, killed: int | None = killed) -> bool:
                return platform.pid_of(victim) not in (None, killed)

            await eventually(back, within_s=SOON_S)
