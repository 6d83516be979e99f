"""Positions in a real database: read as they stand, moved only from where they were read, all of them or none."""

from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from ilp_shared.bus.consume import positions, watchdog
from ilp_shared.bus.consume.positions import PositionMoved
from ilp_shared.bus.contract.catalog import SHARDS
from ilp_shared.bus.tables import add_memory
from ilp_shared.write.tables import create_platform_tables
from tests.support.addresses import Address, connected


@pytest_asyncio.fixture(loop_scope="session")
async def conn(postgres_url: Address) -> AsyncIterator[asyncpg.Connection]:
    """Provide a connection to a database with the positions of two sources."""
    admin = await connected(postgres_url)
    name = f"positions_{uuid4().hex[:8]}"
    await admin.execute(f'CREATE DATABASE "{name}"')
    opened = await connected(postgres_url.of(name))
    scripts: list[str] = []
    create_platform_tables(scripts.append, sources=["registry", "screening"])
    add_memory(scripts.append)
    for script in scripts:
        await opened.execute(script)
    yield opened
    await opened.close()
    await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await admin.close()


async def test_every_shard_of_every_source_starts_at_nothing(conn: asyncpg.Connection) -> None:
    expected = {(domain, shard): 0 for domain in ("registry", "screening") for shard in range(SHARDS)}
    assert await positions.read_all(conn) == expected


async def test_the_named_shards_move_and_no_other(conn: asyncpg.Connection) -> None:
    await positions.move(
        conn,
        {("registry", 3): 0, ("screening", 3): 0, ("screening", 4): 0},
        {("screening", 4): 7, ("registry", 3): 2, ("screening", 3): 5},
    )
    await positions.move(conn, {("screening", 4): 7}, {("screening", 4): 8})
    moved = {shard: last for shard, last in (await positions.read_all(conn)).items() if last}
    assert moved == {("registry", 3): 2, ("screening", 3): 5, ("screening", 4): 8}


async def test_the_ids_remembered_with_a_shard_are_read_again_and_those_of_no_shard_are_none(
    conn: asyncpg.Connection,
) -> None:
    moved = {("registry", 3): 2, ("screening", 4): 7}
    await positions.move(conn, dict.fromkeys(moved, 0), moved, {("screening", 4): b"remembered"})
    assert await positions.read_recent(conn) == {("screening", 4): b"remembered"}
    await positions.move(conn, {("screening", 4): 7}, {("screening", 4): 8})
    assert await positions.read_recent(conn) == {}


async def test_one_shard_that_was_moved_by_another_takes_all_back(conn: asyncpg.Connection) -> None:
    await positions.move(conn, {("registry", 1): 0}, {("registry", 1): 4})
    before = await positions.read_all(conn)
    with pytest.raises(PositionMoved):
        async with conn.transaction():
            await positions.move(
                conn, {("registry", 0): 0, ("registry", 1): 3}, {("registry", 0): 9, ("registry", 1): 5}
            )
    assert await positions.read_all(conn) == before


async def test_starting_over_with_one_source_leaves_the_other(conn: asyncpg.Connection) -> None:
    shards = [("registry", 5), ("screening", 5)]
    await positions.move(conn, dict.fromkeys(shards, 0), dict.fromkeys(shards, 6))
    await watchdog.expect_partitions(conn, ["registry", "screening"])
    await conn.execute("UPDATE partition_seen SET through = clock_timestamp()")
    for domain, shard in shards:
        await conn.execute(
            "INSERT INTO parked (domain, shard, sequence, event_id, type, aggregate_id, aggregate_version, occurred_at,"
            " recorded_at, attributes, value, reason) VALUES ($1, $2, 7, gen_random_uuid(), 'x', gen_random_uuid(), 1,"
            " now(), now(), '{}', '', 'x')",
            domain,
            shard,
        )
    async with conn.transaction():
        await positions.forget(conn, "registry")

    at = await positions.read_all(conn)
    assert (at["registry", 5], at["screening", 5]) == (0, 6)
    assert [row["domain"] for row in await conn.fetch("SELECT domain FROM parked")] == ["screening"]
    rows = await conn.fetch("SELECT domain, bool_and(through IS NULL) AS unknown FROM partition_seen GROUP BY domain")
    assert {row["domain"]: row["unknown"] for row in rows} == {"registry": True, "screening": False}
