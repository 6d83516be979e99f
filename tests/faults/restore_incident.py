"""The incident of the restore faults: a copy of a service's database, put back later in place of the database.

The service's processes must have ended around both.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial

import asyncpg

from deploy.dev.config import Service
from deploy.dev.databases import ensure_databases
from tests.faults.ledger import Entry, Kind
from tests.faults.platform import BreakablePlatform
from tests.faults.workload import Workload
from tests.support.waiting import eventually

_KINDS: Mapping[str, Sequence[Kind]] = {
    "registry": ("facility", "person"),
    "screening": ("open_day", "screening", "correction", "void"),
    "cluster_services": ("task",),
}
_FREE_S = 120.0


@asynccontextmanager
async def stopped(platform: BreakablePlatform, service: Service) -> AsyncIterator[None]:
    """Yield the service's processes ended, and started again."""
    names = [f"{service.label}-{role}" for role in ("api", "worker")]
    await asyncio.gather(*(platform.stop(name) for name in names))
    try:
        yield
    finally:
        await asyncio.gather(*(platform.restart_with(name) for name in names))


async def copy_database(platform: BreakablePlatform, service: Service) -> None:
    """Copy a service's database, to which no client may be connected."""
    database = f"ilp_{service.name}"
    await _as_superuser(
        platform,
        f"DROP DATABASE IF EXISTS {database}_copy",
        f"CREATE DATABASE {database}_copy TEMPLATE {database} OWNER {database}_owner",
    )


async def put_copy_back(platform: BreakablePlatform, service: Service) -> None:
    """Put the copy in the place of the database."""
    database = f"ilp_{service.name}"
    await _as_superuser(
        platform, f"DROP DATABASE {database} WITH (FORCE)", f"ALTER DATABASE {database}_copy RENAME TO {database}"
    )
    await ensure_databases(platform.superuser, platform.deployment.vault)  # a copy made by TEMPLATE has no grants


async def _as_superuser(platform: BreakablePlatform, *statements: str) -> None:
    conn = await asyncpg.connect(platform.superuser)
    try:
        for statement in statements:
            await eventually(partial(_done, conn, statement), within_s=_FREE_S)
    finally:
        await conn.close()


async def _done(conn: "asyncpg.Connection[asyncpg.Record]", statement: str) -> bool:
    try:
        await conn.execute(statement)
    except asyncpg.ObjectInUseError:
        return False  # a process has ended, and its session not yet; or the tests looked just now (`flow/platform.py`)
    return True


async def lost_by(platform: BreakablePlatform, work: Workload, service: Service) -> list[Entry]:
    """Acknowledged commands that the restored archive does not know, in the order in which they were meant."""
    rows = await platform.rows(service.name, "SELECT aggregate_id, aggregate_version FROM event_log")
    archive = {(str(row["aggregate_id"]), row["aggregate_version"]) for row in rows}
    lost = [entry for entry in work.ledger.acknowledged(*_KINDS[service.name]) if place_of(entry) not in archive]
    assert lost, "nothing was lost: the copy is as new as the database"
    return lost


def place_of(entry: Entry) -> tuple[str, int]:
    """Record and version that an acknowledged command has made."""
    assert entry.answer is not None
    return entry.command.about, entry.answer.version or 1
