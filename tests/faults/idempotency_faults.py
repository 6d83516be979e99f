"""One key, many requests: at once, with another body, over a crash, and after half a year."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace

import httpx2

from tests.faults.client import read_answer
from tests.faults.fault import KEYS, fault
from tests.faults.ledger import Body, Command
from tests.faults.platform import BreakablePlatform
from tests.faults.workload import Workload
from tests.support.waiting import eventually

CLIENTS = 50
KEEP_DAYS = 180
KEYS_TABLE = "idempotency_key"


@fault("the same key from 50 clients at once", group="idempotency", touches=KEYS, smoke=True)
async def at_once(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """One record. Every answer is the first one, or says that the key is in progress; all agree in the end."""
    for command in await one_of_each(work):
        work.ledger.intend(command)
        received = await asyncio.gather(*(work.client.attempt(command) for _ in range(CLIENTS)))
        accepted = [answer for answer in received if answer is not None and answer.is_success]
        others = [answer for answer in received if answer is not None and not answer.is_success]
        assert accepted, "no client was answered"
        assert len({answer.text for answer in accepted}) == 1
        assert sum("Idempotent-Replayed" not in answer.headers for answer in accepted) <= 1
        assert all(answer.status_code in (409, 429, 503) and answer.json()["retryable"] for answer in others)
        answer = await work.client.send(command)
        assert answer.replayed
        assert answer.version == accepted[0].json()["version"]


@fault("the same key with another body", group="idempotency", touches=KEYS)
async def another_body(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """Use a key again with another body: that is refused, and the first command stays as it is."""
    for command in await one_of_each(work):
        assert (await work.client.send(command)).accepted
        await refused_as_reused(work, command)


@fault("keys used again after the API was killed", group="idempotency", touches=KEYS)
async def after_a_crash(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """Commands under way when both APIs are killed, and repeated afterwards, are there once; their keys are taken."""
    person = await work.somebody()
    commands = [work.drafts.screening(person) for _ in range(20)] + [work.drafts.person()[1] for _ in range(20)]
    sending = [asyncio.create_task(work.client.send(command)) for command in commands]
    for process in rng.sample(("screening-api", "registry-api"), 2):
        await platform.kill(process)
    work.hurt_ended()
    answers = await asyncio.gather(*sending)
    assert all(answer.accepted for answer in answers)
    for command, answer in zip(commands, answers, strict=True):
        again = await work.client.send(command)
        assert again.replayed
        assert again.version == answer.version
    await refused_as_reused(work, rng.choice(commands[:20]))
    await refused_as_reused(work, rng.choice(commands[20:]))


@fault("keys of 179 and of 181 days ago", group="idempotency", touches=(*KEYS, "ilp_shared.write.retention"))
async def half_a_year_later(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """Let the worker forget keys at 180 days: a younger key still answers, and a forgotten one stores nothing twice."""
    younger_commands, older_commands = await one_of_each(work), await one_of_each(work)
    for command in (*younger_commands, *older_commands):
        await work.client.send(command)
    await age(platform, younger_commands, KEEP_DAYS - 1)
    await age(platform, older_commands, KEEP_DAYS + 1)
    await asyncio.gather(*(platform.restart_with(f"{name}-worker") for name in ("registry", "screening")))

    async def forgot() -> bool:
        return not await known(platform, older_commands)

    await eventually(forgot, within_s=60)
    assert len(await known(platform, younger_commands)) == len(younger_commands)
    for command in younger_commands:
        assert (await work.client.send(command)).replayed
    for command in older_commands:
        answer = await definite(work, command)
        assert answer.status_code == 409, "the record was made a second time"


async def one_of_each(work: Workload) -> list[Command]:
    """Return a command of each way in which keys are kept: group commit, unit of work, batches of the registry."""
    person = await work.somebody()
    screening = work.drafts.screening(person)
    _, registration = work.drafts.person()
    return [screening, registration, work.drafts.open_day(person.village)]


async def refused_as_reused(work: Workload, command: Command) -> None:
    """Send a command's key with another body: 422, and said why."""
    other = replace(command, body={**command.body, **OTHER[command.kind]})
    answer = await definite(work, other)
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:ilp:problem:idempotency-key-reused"


OTHER: dict[str, Body] = {
    "screening": {"observations": {"weight_kg": 12.3}},
    "person": {"name": "Contoh Orang Lain"},
    "open_day": {"day": "2026-01-02"},
}
"""What another body says, by kind of command."""


async def age(platform: BreakablePlatform, commands: Sequence[Command], days: int) -> None:
    """Let keys look as old as this."""
    for name in ("registry", "screening"):
        await platform.rows(
            name,
            f"UPDATE {KEYS_TABLE} SET created_at = clock_timestamp() - $2 * interval '1 day' WHERE key = ANY($1)",
            [command.key for command in commands],
            days,
        )


async def known(platform: BreakablePlatform, commands: Sequence[Command]) -> list[str]:
    """Return which of the commands' keys are still kept."""
    keys = [command.key for command in commands]
    rows = [
        await platform.rows(name, f"SELECT key FROM {KEYS_TABLE} WHERE key = ANY($1)", keys)
        for name in ("registry", "screening")
    ]
    return [row["key"] for service_rows in rows for row in service_rows]


async def definite(work: Workload, command: Command) -> httpx2.Response:
    """Return the definite response to a command that the ledger is not to know of."""

    async def answered() -> httpx2.Response | None:
        received = await work.client.attempt(command)
        return received if received is not None and read_answer(received) is not None else None

    received = await eventually(answered, within_s=60)
    assert received is not None
    return received
