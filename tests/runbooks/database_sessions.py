"""Sessions of the database that hold up others: a lock without end, a snapshot without end."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg

from deploy.dev.databases import database_urls
from ilp_shared.ids import new_id
from tests.runbooks.exposition import Exposition
from tests.runbooks.registering import register
from tests.runbooks.scenario import Scenario, incident
from tests.runbooks.shell import Ended, Shell
from tests.support.addresses import Address, connected
from tests.support.platform import Platform
from tests.support.waiting import eventually

POOL = 2
_FIRST_PID = re.compile(r"^ +(\d+) \|", re.M)


async def end_first_session(shell: Shell, ended: Sequence[Ended]) -> None:
    """End the oldest session that the page's queries show, as its fix says."""
    pids = [pid for each in ended for pid in _FIRST_PID.findall(each.output)]
    done = await shell.run(f'psql "$DATABASE" -c "SELECT pg_terminate_backend({pids[0]})"')
    assert done.code == 0, done
    assert re.search(r"^ t$", done.output, re.M), done


@asynccontextmanager
async def session_to_end(platform: Platform, service: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """Yield a session of the database's owner, as of an operator who has left one open; then it has to be ended."""
    urls = database_urls(platform.superuser, platform.deployment.vault)
    conn = await connected(Address(urls[service].owner), server_settings={"search_path": service})

    async def ended() -> bool:
        return conn.is_closed()

    try:
        yield conn
        await eventually(ended)
    finally:
        conn.terminate()


def has_no_connection_left(seen: Exposition) -> bool:
    """Tell whether a pool of the process is in use to its limit."""
    for pool in ("hot", "commands"):
        used = seen.values("ilp_database_connections", pool=pool, state="used")
        if used and used >= seen.values("ilp_database_connections", pool=pool, state="limit"):
            return True
    return False


@incident(
    Scenario(
        "IlpPoolExhausted",
        "registry-api",
        rings=has_no_connection_left,
        shows=(rf'state="used"}} {POOL}', r"idle in transaction", r"\d+ \| RowExclusiveLock"),
        mend=end_first_session,
    ),
    unbroken=True,
)
@asynccontextmanager
async def table_locked(platform: Platform) -> AsyncIterator[None]:
    """Hold a lock on a table that commands write, until the page's reader is ended; commands keep coming."""
    await platform.restart_with("registry-api", {"ILP_REGISTRY_POOL_SIZE": str(POOL)})
    await platform.ready()
    senders = []
    try:
        async with session_to_end(platform, "registry") as conn:
            await conn.execute("BEGIN")
            await conn.execute("LOCK TABLE facility IN EXCLUSIVE MODE")
            senders = [asyncio.create_task(_keep_sending(platform)) for _ in range(2 * POOL)]
            yield
    finally:
        for sender in senders:
            sender.cancel()
        await asyncio.gather(*senders, return_exceptions=True)
        await platform.restart_with("registry-api")


async def _keep_sending(platform: Platform) -> None:
    while True:
        await register(platform, new_id())
