"""What the operator sees and does when a service's database was restored to an older state.

The steps of deploy/README.md, "A database restored to an older state", by the commands named there.
"""

import asyncio
import json
import os
import random
import sys
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any
from uuid import UUID

import httpx2

from deploy.dev.config import ROOT, SERVICES, Service
from tests.faults.client import RetryingClient
from tests.faults.evidence import status_address
from tests.faults.ledger import Entry
from tests.faults.platform import BreakablePlatform
from tests.faults.restore_incident import place_of
from tests.faults.workload import Workload
from tests.support.plain_http import plain_client
from tests.support.settling import DOMAINS
from tests.support.waiting import PATIENCE_S, eventually

Lines = Sequence[Mapping[str, Any]]
BY_NAME = {service.name: service for service in SERVICES}
WORKERS = [f"{service.label}-worker" for service in SERVICES]
_FORGOTTEN_BY: Mapping[str, Sequence[str]] = {
    "registry": ("screening", "cluster_services", "monitoring"),
    "screening": ("cluster_services", "monitoring"),
    "cluster_services": ("monitoring",),
    "monitoring": (),
}
_SEEN_S = 120.0
_OPENED_S = 120.0
_TURN_S = 90.0
"""How long a command may refuse because what was stopped still counts as alive, for its lease or for Kafka."""


async def see_refusal(platform: BreakablePlatform, service: Service) -> None:
    """Wait until the worker refuses and says why: status, readiness, `make status`."""
    address = status_address(platform, f"{service.label}-worker")
    async with plain_client(address, timeout=PATIENCE_S) as worker:

        async def refuses() -> bool:
            try:
                refusal = (await worker.get("/status")).json()["relay"]["refusal"] or ""
                ready = await worker.get("/health/ready")
            except httpx2.TransportError:
                return False
            return "restored to an older state" in refusal and ready.status_code == 503

        await eventually(refuses, within_s=_SEEN_S)
    line = f"{service.label}: relay menolak jalan / refuses to run: Kafka is ahead of the archive"

    async def shown() -> bool:
        return line in await _make_status(platform)

    await eventually(shown, within_s=_SEEN_S)


async def _make_status(platform: BreakablePlatform) -> str:
    environment = {**os.environ, "ILP_DATA_DIR": str(platform.data), "COLUMNS": "200"}
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "deploy.dev.status", cwd=ROOT, env=environment, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await child.communicate()
    assert child.returncode == 1
    return output.decode()


async def recover(platform: BreakablePlatform, service: Service) -> Lines:
    """Run the commands of the documentation; returns the list of what was lost, empty where nothing was."""
    for name in _FORGOTTEN_BY[service.name]:
        await _in_its_turn(platform, BY_NAME[name], "forget", DOMAINS[service.name])
    listing = platform.data / f"lost-{os.urandom(4).hex()}.jsonl"
    await _in_its_turn(platform, service, "recover", str(listing))
    return [json.loads(line) for line in listing.read_text().splitlines()] if listing.exists() else []


async def _in_its_turn(platform: BreakablePlatform, service: Service, *command: str) -> None:
    """Run a command, again while it refuses for the one reason that passes by itself: something counts as alive."""

    async def done() -> bool:
        code, said = await platform.command(service, *command)
        if "nothing to recover" in said:
            return True
        assert code == 0 or "is running" in said or "as alive" in said, said
        return code == 0

    await eventually(done, within_s=_TURN_S, every_s=0.5)


def compare(listed: Lines, lost: Sequence[Entry], work: Workload) -> None:
    """Demand a list of exactly what was acknowledged since the copy, and of commands still without an answer."""
    places = {(line["aggregate_id"], line["aggregate_version"]) for line in listed}
    acknowledged = {place_of(entry) for entry in lost}
    assert acknowledged <= places, f"not listed: {acknowledged - places}"
    unanswered = {entry.command.about for entry in work.ledger.unknown()}
    assert {about for about, _ in places - acknowledged} <= unanswered, f"listed: {places - acknowledged}"


@asynccontextmanager
async def closed_door(platform: BreakablePlatform, work: Workload) -> AsyncIterator[None]:
    """Close the front door: clients wait, and come back with the same key afterwards."""
    work.client.may_enter.clear()
    platform.door.refuse()
    try:
        yield
    finally:
        platform.door.heal()
        work.client.may_enter.set()


async def enter_again(platform: BreakablePlatform, work: Workload, lost: Sequence[Entry]) -> None:
    """Send the lost commands again under their old keys, past the closed door, before other clients may enter.

    A move of a task waits until its screening has opened the task again.
    """
    async with work.http_client(platform.address) as client:
        sender = RetryingClient(client, work.ledger, work.headers_of, random.Random(work.seed))
        for entry in lost:
            if entry.command.kind == "task":
                await eventually(partial(_is_open, platform, entry.command.about), within_s=_OPENED_S)
            await sender.send(entry.command)


async def _is_open(platform: BreakablePlatform, task: str) -> bool:
    return bool(await platform.rows("cluster_services", "SELECT 1 FROM task WHERE id = $1", UUID(task)))


async def orphans(platform: BreakablePlatform) -> set[str]:
    """Tasks whose screening is unknown, as the command lists them; lines of the log are between."""
    code, said = await platform.command(BY_NAME["cluster_services"], "orphans")
    assert code == 0, said
    lines = [json.loads(line) for line in said.splitlines()]
    return {line["id"] for line in lines if "event" not in line}


async def tasks_of(platform: BreakablePlatform, screenings: Collection[str]) -> set[str]:
    """Tasks that screenings have opened."""
    statement = "SELECT id FROM task WHERE screening_id = ANY($1)"
    return {str(row["id"]) for row in await platform.rows("cluster_services", statement, list(screenings))}
