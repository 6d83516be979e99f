"""Processes killed or frozen at the worst places: the API around its commit, the relay after sending, consumers.

A failpoint hits the place from within, every time. The supervisor starts a killed process again with the same
failpoint, as often as it takes; the hurting ends when it is started without.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

from tests.faults.evidence import Log, answered_only_when_repeated, is_frozen, leads, metric
from tests.faults.fault import Hurt, fault
from tests.faults.ledger import Command
from tests.faults.recovery import applied_everywhere
from tests.faults.stage import FaultStage
from tests.faults.workload import Workload
from tests.support.waiting import eventually

SOON_S = 90.0


async def arm(stage: FaultStage, process: str, failpoint: str) -> int:
    """Start a process anew with a failpoint (`place:action:hit`); its pid."""
    await stage.restart_with(process, {"ILP_FAILPOINT": failpoint})
    pid = stage.pid_of(process)
    assert pid is not None
    return pid


async def until_killed(stage: FaultStage, process: str, place: str, hit: int) -> None:
    """Let a process be killed from within when it comes to a place for the n-th time."""
    await until_replaced(stage, process, await arm(stage, process, f"{place}:kill:{hit}"))


async def until_replaced(stage: FaultStage, process: str, pid: int) -> None:
    """Wait until a process is gone, or runs again as another one."""

    async def replaced() -> bool:
        return stage.pid_of(process) != pid

    await eventually(replaced, within_s=SOON_S)


async def until_frozen(stage: FaultStage, process: str, place: str, hit: int) -> None:
    """Let a process stop itself (SIGSTOP) when it comes to a place for the n-th time."""
    pid = await arm(stage, process, f"{place}:stop:{hit}")

    async def frozen() -> bool:
        return is_frozen(pid)

    await eventually(frozen, within_s=SOON_S)


# -- the API around its commit ---------------------------------------------------------------------------------


def api_killed(failpoint: str, hits: tuple[int, int]) -> Hurt:
    """The screening API is killed around a commit of the workload's."""

    async def hurt(stage: FaultStage, work: Workload, rng: random.Random) -> None:
        before = answered_only_when_repeated(work)
        await until_killed(stage, "screening-api", failpoint, rng.randint(*hits))
        await stage.restart_with("screening-api")
        if failpoint.endswith("after_commit"):

            async def repeated() -> bool:
                return answered_only_when_repeated(work) > before

            await eventually(repeated, within_s=SOON_S)

    return hurt


fault("API killed before its commit, single screenings and batches", group="process")(
    api_killed("group.before_commit", (2, 6))
)
fault("API killed after its commit, single screenings and batches", group="process")(
    api_killed("group.after_commit", (2, 6))
)
fault("API killed before its commit, corrections and voids", group="process")(
    api_killed("command.before_commit", (1, 3))
)
fault("API killed after its commit, corrections and voids", group="process")(api_killed("command.after_commit", (1, 3)))


def cut_short(process: str, unit: str, draft: Callable[[Workload], Awaitable[Command]]) -> Hurt:
    """An API is killed before the commit of a command of the fault's own, then after that of another."""

    async def hurt(stage: FaultStage, work: Workload, rng: random.Random) -> None:
        command = await draft(work)
        armed = await arm(stage, process, f"{unit}.before_commit:kill:1")
        sending = asyncio.create_task(work.sender.send(command))
        await until_replaced(stage, process, armed)
        await stage.restart_with(process)
        assert (await sending).accepted
        command = await draft(work)
        await arm(stage, process, f"{unit}.after_commit:kill:1")
        answer = await work.sender.send(command)
        assert answer.replayed, "the first answer was not lost"
        await stage.restart_with(process)

    return hurt


async def task_move(work: Workload) -> Command:
    """A move of a task that this opens."""
    return await work.task_move(await work.suspect())


async def registration(work: Workload) -> Command:
    """Somebody new."""
    return work.drafts.person()[1]


fault("API of tasks killed before its commit, then after it", group="process")(
    cut_short("cluster-services-api", "command", task_move)
)
fault("API of persons killed before its commit, then after it", group="process")(
    cut_short("registry-api", "uow", registration)
)


# -- the relay between sending and marking -----------------------------------------------------------------------


@fault("relay killed between sending and marking", group="process")
async def relay_killed(stage: FaultStage, work: Workload, rng: random.Random) -> None:
    """What it had sent is sent again by the next; consumers skip it."""
    skipped = await metric(stage, "monitoring-worker", "ilp_consumer_skipped_total")
    await until_killed(stage, "screening-worker", "relay.after_send", rng.randint(1, 4))
    await stage.restart_with("screening-worker")

    async def sent_twice() -> bool:
        return await metric(stage, "monitoring-worker", "ilp_consumer_skipped_total") > skipped

    await eventually(sent_twice, within_s=SOON_S)


@fault("relay frozen past its lease while another leads, then thawed", group="process")
async def relay_frozen(stage: FaultStage, work: Workload, rng: random.Random) -> None:
    """Frozen between sending and marking: thawed it must find its lease gone, and mark nothing."""
    log = Log(stage, "screening-worker")
    await until_frozen(stage, "screening-worker", "relay.after_send", rng.randint(1, 4))
    async with stage.second("screening-worker") as other:

        async def other_leads() -> bool:
            return await leads(stage, other)

        await eventually(other_leads, within_s=SOON_S)
        await work.acknowledged(5)
        stage.thaw("screening-worker")
        await log.says("relay_interrupted", reason="LeaseLost")
        assert await leads(stage, other)
    await stage.restart_with("screening-worker")


# -- consumers ---------------------------------------------------------------------------------------------------


def consumer_killed(worker: str, place: str) -> Hurt:
    """A worker is killed around the commit that moves positions together with their effects."""

    async def hurt(stage: FaultStage, work: Workload, rng: random.Random) -> None:
        await until_killed(stage, worker, f"consumer.{place}", rng.randint(1, 4))
        await stage.restart_with(worker)

    return hurt


fault("consumer of monitoring killed before its commit", group="process")(
    consumer_killed("monitoring-worker", "before_commit")
)
fault("consumer of monitoring killed after its commit", group="process")(
    consumer_killed("monitoring-worker", "after_commit")
)
fault("consumer of tasks killed before its commit", group="process", always=False)(
    consumer_killed("cluster-services-worker", "before_commit")
)
fault("consumer of tasks killed after its commit", group="process", always=False)(
    consumer_killed("cluster-services-worker", "after_commit")
)


@fault("consumer frozen past its session while another takes over, then thawed", group="process")
async def consumer_frozen(stage: FaultStage, work: Workload, rng: random.Random) -> None:
    """Frozen with events in its hands that another member applies meanwhile: its late write must be refused."""
    log = Log(stage, "monitoring-worker")
    await until_frozen(stage, "monitoring-worker", "consumer.before_apply", rng.randint(2, 5))
    async with stage.second("monitoring-worker"):
        await applied_everywhere(stage)
        stage.thaw("monitoring-worker")
        await log.says("position_moved_by_another_member")
    await stage.restart_with("monitoring-worker")


@fault("three consumers of monitoring, one of them killed again and again", group="process")
async def rebalance_storm(stage: FaultStage, work: Workload, rng: random.Random) -> None:
    """Every kill and every return makes the group share out its partitions anew."""
    async with AsyncExitStack() as stack:
        members = ["monitoring-worker"]
        for _ in range(2):
            members.append(await stack.enter_async_context(stage.second("monitoring-worker")))
        for _ in range(6):
            victim = rng.choice(members)
            killed = stage.pid_of(victim)
            await stage.kill(victim)
            await work.acknowledged(4)

            async def back(victim: str = victim, killed: int | None = killed) -> bool:
                return stage.pid_of(victim) not in (None, killed)

            await eventually(back, within_s=SOON_S)
