"""An API killed around its commit: the client hears nothing, asks again with the same key, and it was done once."""

import asyncio
import random
from collections.abc import Awaitable, Callable

from tests.faults.arming import SOON_S, arm, until_killed, until_replaced
from tests.faults.evidence import answered_only_when_repeated
from tests.faults.fault import COMMANDS, Hurt, fault
from tests.faults.ledger import Command
from tests.faults.platform import BreakablePlatform
from tests.faults.workload import SENDERS, Workload
from tests.support.waiting import eventually


def api_killed(failpoint: str, hits: tuple[int, int]) -> Hurt:
    """Return the screening API is killed around a commit of the workload's."""

    async def hurt(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
        before = answered_only_when_repeated(work)

        async def hit() -> bool:  # what was carried out may have been the repetition of something long answered
            await until_killed(platform, "screening-api", failpoint, rng.randint(*hits))
            work.hurt_ended()
            await work.acknowledged(2 * SENDERS)  # a sender that heard nothing has asked again
            return failpoint.endswith("before_commit") or answered_only_when_repeated(work) > before

        await eventually(hit, within_s=SOON_S)

    return hurt


fault(
    "API killed before its commit, single screenings and batches", group="process", touches=(*COMMANDS, "ilp_screening")
)(api_killed("group.before_commit", (2, 6)))
fault(
    "API killed after its commit, single screenings and batches",
    group="process",
    touches=(*COMMANDS, "ilp_screening"),
    smoke=True,
)(api_killed("group.after_commit", (2, 6)))
fault("API killed before its commit, corrections and voids", group="process", touches=(*COMMANDS, "ilp_screening"))(
    api_killed("command.before_commit", (1, 3))
)
fault("API killed after its commit, corrections and voids", group="process", touches=(*COMMANDS, "ilp_screening"))(
    api_killed("command.after_commit", (1, 3))
)


def cut_short(process: str, unit: str, draft: Callable[[Workload], Awaitable[Command]]) -> Hurt:
    """Return a fault that kills an API before a commit, then after the commit of a command that hears nothing of it."""

    async def hurt(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
        command = await draft(work)
        armed = await arm(platform, process, f"{unit}.before_commit:kill:1")
        sending = asyncio.create_task(work.client.send(command))
        await until_replaced(platform, process, armed)
        assert (await sending).accepted

        async def unheard() -> bool:  # a command of the workload may be the one that is hit
            command = await draft(work)
            await arm(platform, process, f"{unit}.after_commit:kill:1")
            return (await work.client.send(command)).replayed

        await eventually(unheard, within_s=SOON_S)
        work.hurt_ended()

    return hurt


async def task_move(work: Workload) -> Command:
    """Return a move of a task that this opens."""
    return await work.task_move(await work.suspect())


async def registration(work: Workload) -> Command:
    """Somebody new."""
    return work.drafts.person()[1]


fault(
    "API of tasks killed before its commit, then after it",
    group="process",
    touches=(*COMMANDS, "ilp_cluster_services.tasks"),
)(cut_short("cluster-services-api", "command", task_move))
fault(
    "API of persons killed before its commit, then after it",
    group="process",
    touches=(*COMMANDS, "ilp_registry.persons"),
)(cut_short("registry-api", "uow", registration))
