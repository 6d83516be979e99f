"""What an operator has to look after: certificates, repeated works, the write-ahead log, readers without end."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from time import time

from tests.faults.faked_clock import Clock
from tests.faults.platform import BreakablePlatform
from tests.runbooks.database_sessions import end_first_session, session_to_end
from tests.runbooks.scenario import Scenario, incident
from tests.support.addresses import connected
from tests.support.certificates import Authority
from tests.support.platform import Platform

FORTNIGHT_S = 14 * 86_400
TWO_HOURS_S, THREE_HOURS_S = 7_200, 10_800
ARCHIVED_S = 300
SNAPSHOT_S = 100
"""The alert rings after 15 minutes; the proof of the page holds below 100 seconds."""


def _folder(platform: Platform) -> Path:
    return platform.data / "runbook-authority"


def _proving_server(platform: Platform) -> Mapping[str, str]:
    """Return the address of the registry's database with an authority for its server, which has no TLS here."""
    name = "ILP_REGISTRY_DATABASE_URL"
    address = platform.environments["registry"][name]
    return {name: f"{address}?sslmode=prefer&sslrootcert={_folder(platform) / 'ca.pem'}"}


@incident(
    Scenario(
        "IlpCertificateExpires",
        "registry-worker",
        rings=lambda seen: (
            min(seen.values("ilp_certificate_expiry_timestamp_seconds"), default=time() + FORTNIGHT_S) - time()
            < FORTNIGHT_S
        ),
        shows=(r'file="postgres_ca"\} \d', r"ok", r"ok"),
        environment=_proving_server,
    )
)
@asynccontextmanager
async def authority_ends_soon(platform: BreakablePlatform) -> AsyncIterator[None]:
    """Name an authority that ends in ten days; then put one of a year into the same file, without a restart."""
    Authority(_folder(platform), days=10)
    await platform.restart_with("registry-worker", _proving_server(platform))
    await platform.ready()
    yield
    Authority(_folder(platform), days=365)


@incident(
    Scenario(
        "IlpJobsLate",
        "screening-worker",
        rings=lambda seen: (
            max(seen.values("ilp_job_last_success_timestamp_seconds"), default=time()) < time() - TWO_HOURS_S
        ),
        shows=(r'work="keep_house"\} \d', r"status", r"\(\d+ rows?\)"),
    )
)
@asynccontextmanager
async def work_not_repeated(platform: BreakablePlatform) -> AsyncIterator[None]:
    """Let a worker's clock be three hours slow, so that what it did at its start was three hours ago; then true."""

    async def followed(_: int) -> bool:
        return True

    clock = Clock(platform, followed)
    await clock.step(-THREE_HOURS_S)
    await platform.restart_with("screening-worker", clock.environment())
    try:
        yield
    finally:
        await platform.restart_with("screening-worker")


@incident(
    Scenario(
        "IlpWalArchiveLate",
        "screening-worker",
        rings=lambda seen: max(seen.values("ilp_database_wal_archive_age_seconds"), default=0) > ARCHIVED_S,
        shows=(r"last_failed_wal", r"archive_command +\| false", r"^ilp_database_wal_archive_age_seconds \+Inf"),
    ),
    Scenario(
        "IlpSnapshotTooOld",
        "screening-worker",
        rings=lambda seen: max(seen.values("ilp_database_oldest_snapshot_seconds"), default=0) > SNAPSHOT_S,
        shows=(r"idle in transaction", r"slot_name", r"^ilp_database_oldest_snapshot_seconds \d{3}"),
        mend=end_first_session,
    ),
)
@asynccontextmanager
async def database_neglected(platform: BreakablePlatform) -> AsyncIterator[None]:
    """Archive the write-ahead log to where nothing is taken, and leave a reader open, until the page ends it."""
    await _configure(platform, "archive_mode = on", "archive_command = 'false'")
    await platform.postgres.restart()
    await platform.ready()
    try:
        async with session_to_end(platform, "screening") as reader:
            await reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            await reader.execute("SELECT FROM event_log LIMIT 1")
            yield
    finally:
        await _configure(platform, "archive_command = 'true'")


async def _configure(platform: BreakablePlatform, *settings: str) -> None:
    """Set what PostgreSQL is asked to do, and end the present file of its write-ahead log."""
    conn = await connected(platform.superuser)
    try:
        for setting in settings:
            await conn.execute(f"ALTER SYSTEM SET {setting}")
        await conn.execute("SELECT pg_reload_conf()")
        await conn.execute("CREATE TABLE written_to_the_log AS SELECT 1; DROP TABLE written_to_the_log")
        await conn.execute("SELECT pg_switch_wal()")
    finally:
        await conn.close()
