"""A service's database restored to an older state: its relay refuses, and the documented way back makes all exact.

The steps are those of deploy/README.md, "A database restored to an older state", done with the commands named there.
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

import asyncpg
import httpx2

from deploy.dev.config import ROOT, SERVICES, Service
from deploy.dev.databases import ensure_databases
from tests.faults.evidence import status_address
from tests.faults.fault import fault
from tests.faults.ledger import Entry, Kind
from tests.faults.recovery import applied_everywhere
from tests.faults.sender import Sender
from tests.faults.stage import FaultStage
from tests.faults.workload import Workload
from tests.support.waiting import eventually

_BY_NAME = {service.name: service for service in SERVICES}
_WORKERS = [f"{service.path[1:]}-worker" for service in SERVICES]
_FORGOTTEN_BY: Mapping[str, Sequence[str]] = {
    "registry": ("screening", "cluster_services", "monitoring"),
    "screening": ("cluster_services", "monitoring"),
}
_KINDS: Mapping[str, Sequence[Kind]] = {
    "registry": ("facility", "person"),
    "screening": ("session", "screening", "correction", "void"),
}
_LOST = 15
"""Commands that must be acknowledged between the copy and the restore."""


@fault("screening's database restored to an older state", group="database", always=False)
async def screening_restored(stage: FaultStage, work: Workload, rng: random.Random) -> None:
    """What was recorded since the copy is listed, and entered again; its tasks were waiting for it."""
    await _restore_and_recover(stage, work, _BY_NAME["screening"])


@fault("the registry's database restored to an older state", group="database", always=False)
async def registry_restored(stage: FaultStage, work: Workload, rng: random.Random) -> None:
    """Screenings of people whom the registry no longer knows stay, and are right again when these are entered again."""
    await _restore_and_recover(stage, work, _BY_NAME["registry"])


async def _restore_and_recover(stage: FaultStage, work: Workload, service: Service) -> None:
    async with _stopped(stage, service):
        await _copy_database(stage, service)
    for _ in range(3):
        await work.somebody()
    await work.acknowledged(_LOST)
    await applied_everywhere(stage)
    stage.door.refuse()  # nobody enters anything until what was lost is entered again
    try:
        async with _stopped(stage, service):
            await _put_copy_back(stage, service)
            lost = await _lost(stage, work, service)
        await _see_refusal(stage, service)
        await asyncio.gather(*(stage.stop(name) for name in _WORKERS))
        listed = await _recover(stage, service)
        _compare(listed, lost, work)
        await asyncio.gather(*(stage.restart_with(name) for name in _WORKERS))
        await applied_everywhere(stage)
        if service.name == "screening":
            await _see_orphans(stage, {line["aggregate_id"] for line in listed if line["aggregate_version"] == 1})
        await _enter_again(stage, work, lost)
    finally:
        stage.door.heal()
    await applied_everywhere(stage)
    assert await stage.command(_BY_NAME["cluster_services"], "orphans") == (0, "")


# -- the accident ------------------------------------------------------------------------------------------------


@asynccontextmanager
async def _stopped(stage: FaultStage, service: Service) -> AsyncIterator[None]:
    """The service's processes ended, and started again."""
    names = [f"{service.path[1:]}-{role}" for role in ("api", "worker")]
    await asyncio.gather(*(stage.stop(name) for name in names))
    try:
        yield
    finally:
        await asyncio.gather(*(stage.restart_with(name) for name in names))


async def _copy_database(stage: FaultStage, service: Service) -> None:
    database = f"ilp_{service.name}"
    await _as_superuser(
        stage,
        f"DROP DATABASE IF EXISTS {database}_copy",
        f"CREATE DATABASE {database}_copy TEMPLATE {database} OWNER {database}_owner",
    )


async def _put_copy_back(stage: FaultStage, service: Service) -> None:
    database = f"ilp_{service.name}"
    await _as_superuser(
        stage, f"DROP DATABASE {database} WITH (FORCE)", f"ALTER DATABASE {database}_copy RENAME TO {database}"
    )
    await ensure_databases(stage.superuser, stage.platform.vault)  # a copy made by TEMPLATE has no grants


async def _as_superuser(stage: FaultStage, *statements: str) -> None:
    conn = await asyncpg.connect(stage.superuser)
    try:
        for statement in statements:
            await eventually(partial(_done, conn, statement), within_s=30)
    finally:
        await conn.close()


async def _done(conn: "asyncpg.Connection[asyncpg.Record]", statement: str) -> bool:
    try:
        await conn.execute(statement)
    except asyncpg.ObjectInUseError:
        return False  # a process has ended, and its session not yet
    return True


async def _lost(stage: FaultStage, work: Workload, service: Service) -> list[Entry]:
    """Acknowledged commands that the restored archive does not know, in the order in which they were meant."""
    rows = await stage.rows(service.name, "SELECT aggregate_id, aggregate_version FROM event_log")
    archive = {(str(row["aggregate_id"]), row["aggregate_version"]) for row in rows}
    lost = [entry for entry in work.ledger.acknowledged(*_KINDS[service.name]) if _place(entry) not in archive]
    assert lost, "nothing was lost: the copy is as new as the database"
    return lost


def _place(entry: Entry) -> tuple[str, int]:
    assert entry.answer is not None
    return entry.command.about, entry.answer.version or 1


# -- what the operator sees and does -------------------------------------------------------------------------------


async def _see_refusal(stage: FaultStage, service: Service) -> None:
    """The worker says that it refuses, and why: status, readiness, `make status`."""
    address = status_address(stage, f"{service.path[1:]}-worker")
    async with httpx2.AsyncClient(base_url=address, timeout=10) as worker:

        async def refuses() -> str:
            try:
                return str((await worker.get("/status")).json()["relay"]["refusal"] or "")
            except httpx2.TransportError:
                return ""

        assert "restored to an older state" in await eventually(refuses, within_s=90)
        assert (await worker.get("/health/ready")).status_code == 503
    said = await _make_status(stage)
    assert f"{service.path[1:]}: relay menolak jalan / refuses to run: Kafka is ahead of the archive" in said


async def _make_status(stage: FaultStage) -> str:
    environment = {**os.environ, "ILP_DATA_DIR": str(stage.data), "COLUMNS": "200"}
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "deploy.dev.status", cwd=ROOT, env=environment, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await child.communicate()
    assert child.returncode == 1
    return output.decode()


async def _recover(stage: FaultStage, service: Service) -> list[dict[str, Any]]:
    """The commands of the documentation; returns the list of what was lost."""
    listing = stage.data / f"lost-{os.urandom(4).hex()}.jsonl"
    domain = service.name
    for name in _FORGOTTEN_BY[service.name]:
        code, said = await stage.command(_BY_NAME[name], "forget", domain)
        assert code == 0, said
    code, said = await stage.command(service, "recover", str(listing))
    assert code == 0, said
    return [json.loads(line) for line in listing.read_text().splitlines()]


def _compare(listed: Sequence[Mapping[str, Any]], lost: Sequence[Entry], work: Workload) -> None:
    """The list is exactly what was acknowledged since the copy, and what nobody was told about in the last moment."""
    places = {(line["aggregate_id"], line["aggregate_version"]) for line in listed}
    acknowledged = {_place(entry) for entry in lost}
    assert acknowledged <= places, f"not listed: {acknowledged - places}"
    unanswered = {entry.command.about for entry in work.ledger.unknown()}
    assert {about for about, _ in places - acknowledged} <= unanswered, f"listed: {places - acknowledged}"


async def _see_orphans(stage: FaultStage, screenings: Collection[str]) -> None:
    """Tasks of lost screenings stay, and are listed."""
    code, said = await stage.command(_BY_NAME["cluster_services"], "orphans")
    assert code == 0, said
    opened = await stage.rows("cluster_services", "SELECT id FROM task WHERE screening_id = ANY($1)", list(screenings))
    assert {json.loads(line)["id"] for line in said.splitlines()} == {str(row["id"]) for row in opened}


async def _enter_again(stage: FaultStage, work: Workload, lost: Sequence[Entry]) -> None:
    """Send the lost commands again under their old keys, before anybody else may enter."""
    async with httpx2.AsyncClient(base_url=stage.platform.config.address, timeout=30) as client:
        sender = Sender(client, work.ledger, work.headers_of, random.Random(work.seed))
        for entry in lost:
            await sender.send(entry.command)
