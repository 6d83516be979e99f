"""What a client hears while a service cannot serve: a clear refusal, while the trouble lasts.

The requests have no effect even where they are served, so they need no ledger: a screening of an unknown person, a
void of an unknown screening, a list.
"""

import asyncio

import httpx2

from tests.faults.drafting import Person, Recorded, Village
from tests.faults.ledger import Command
from tests.faults.workload import Workload
from tests.support.waiting import eventually, patience

BUSY = 409
"""The status for a command whose key another request holds: come again, as with 503."""


async def ask(work: Workload) -> list[httpx2.Response]:
    """Ask screening something of every kind: hot path, ordinary command, list; fails when none comes."""
    unknown = Person(work.drafts.new_id(), work.villages[0], child=True)
    commands = (work.drafts.screening(unknown), work.drafts.void(Recorded(work.drafts.new_id(), unknown)))
    async with patience():
        return await asyncio.gather(
            *(_send(work, command) for command in commands),
            work.read("/screening/v1/screenings", unknown.village, {"facility": unknown.village.facility}),
        )


def is_refusal(answer: httpx2.Response) -> bool:
    """Tell whether an answer tells the client to come again; it must then be problem+json, with Retry-After."""
    if answer.status_code not in (503, BUSY):
        return False
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    assert int(answer.headers["retry-after"]) > 0, answer.text
    assert answer.json()["retryable"], answer.text
    return True


async def until_refused(work: Workload) -> None:
    """Wait until every kind of request is refused; each is answered, from the first on."""

    async def all_refused() -> bool:
        return all(is_refusal(answer) for answer in await ask(work))

    await eventually(all_refused, within_s=60)


async def until_read_refused(work: Workload, path: str, village: Village) -> None:
    """Wait until a list or a page's data are refused; each is answered, from the first on."""

    async def refused() -> bool:
        async with patience():
            return is_refusal(await work.read(path, village, {}))

    await eventually(refused, within_s=60)


async def until_command_refused(work: Workload) -> None:
    """Wait until a command that has to store something is refused; each is answered, from the first on."""
    unknown = Person(work.drafts.new_id(), work.villages[0], child=True)

    async def refused() -> bool:
        async with patience():
            return is_refusal(await _send(work, work.drafts.void(Recorded(work.drafts.new_id(), unknown))))

    await eventually(refused, within_s=120)


async def _send(work: Workload, command: Command) -> httpx2.Response:
    headers = work.headers_of(command) | {"Idempotency-Key": command.key}
    return await work.http.request(command.method, command.path, json=command.body, headers=headers)
