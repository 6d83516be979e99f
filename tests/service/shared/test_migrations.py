"""A history of migrations that is cut keeps what it has finished, goes on there, and never waits long for a table."""

import asyncpg
import pytest_asyncio

from ilp_screening.service import SERVICE as SCREENING
from ilp_shared.db.migrate import scripts_after
from tests.support.addresses import connected
from tests.support.commands import last_words, run_command
from tests.support.databases import Databases, DatabaseUrls

BEFORE = "20261129_folded"
"""The revision before the one that is cut: that one changes `position` and creates `contradiction`."""


@pytest_asyncio.fixture(loop_scope="session")
async def urls(databases: Databases) -> DatabaseUrls:
    """Provide a database of screening that no revision has run on."""
    urls = await databases.create(SCREENING)
    await _run(urls, "DROP SCHEMA screening CASCADE; CREATE SCHEMA screening")
    return urls


async def _run(urls: DatabaseUrls, script: str) -> None:
    conn = await connected(urls.owner)
    try:
        await conn.execute(script)
    finally:
        await conn.close()


async def _version(urls: DatabaseUrls) -> str:
    conn = await connected(urls.owner)
    try:
        return str(await conn.fetchval("SELECT version_num FROM screening.alembic_version"))
    finally:
        await conn.close()


async def test_a_history_that_is_cut_goes_on_where_it_was(urls: DatabaseUrls) -> None:
    await _run(urls, "CREATE TABLE screening.contradiction (n int)")
    assert (await run_command(SCREENING, urls, "migrate"))[0] != 0
    assert await _version(urls) == BEFORE

    await _run(urls, "DROP TABLE screening.contradiction")
    assert (await run_command(SCREENING, urls, "migrate"))[0] == 0
    newest = [BEFORE, *scripts_after(SCREENING.package, SCREENING.schema, BEFORE)][-1]
    assert await _version(urls) == newest
    conn = await connected(urls.app, server_settings={"search_path": SCREENING.schema})
    try:
        assert await conn.fetchval("SELECT count(*) FROM contradiction") == 0
    finally:
        await conn.close()


async def test_a_migration_gives_up_where_a_table_is_held(urls: DatabaseUrls) -> None:
    await _run(urls, "CREATE TABLE screening.contradiction (n int)")
    await run_command(SCREENING, urls, "migrate")
    await _run(urls, "DROP TABLE screening.contradiction")
    holder: asyncpg.Connection = await connected(urls.owner)
    try:
        async with holder.transaction():
            await holder.execute("LOCK TABLE screening.position IN ACCESS SHARE MODE")
            why = await last_words(SCREENING, urls, "migrate")
            assert "dipakai lebih lama" in why
            assert "in use for more than" in why
            assert await _version(urls) == BEFORE
    finally:
        await holder.close()
    assert (await run_command(SCREENING, urls, "migrate"))[0] == 0
