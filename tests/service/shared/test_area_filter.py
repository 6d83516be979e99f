"""The walls of access agree: both query filters, and the function of row-level security, are `areas.covers`."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, MetaData, Table, Text, select
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from ilp_shared.areas import NATION, covers
from ilp_shared.db.scope import enter
from ilp_shared.db.scoped import Conditions, within
from ilp_shared.write.uow import driver_connection

# Segments that are prefixes of one another, and such as mean something to LIKE, to collations or to the separator.
SEGMENTS = ["13", "1", "7", "76", "77", "01", "1002", "1003", "RW03", "rw03", "RW-3", "%", "_", "\\", "/", "ID", " "]
CODES = st.lists(st.sampled_from(SEGMENTS), min_size=1, max_size=5).map(".".join) | st.just(NATION)
PLACES = Table("place", MetaData(), Column("code", Text))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def connection(postgres_url: str, schema: str) -> AsyncIterator[AsyncConnection]:
    """A connection for both ways of asking, to a table of area codes that ends with it."""
    url = postgres_url.replace("postgresql://", "postgresql+asyncpg://", 1)
    engine = create_async_engine(url, connect_args={"server_settings": {"search_path": schema}})
    async with engine.connect() as connection:
        await connection.exec_driver_sql("CREATE TEMP TABLE place (code text)")
        yield connection
    await engine.dispose()


@settings(max_examples=400)
@given(codes=st.sets(CODES, max_size=30), areas=st.lists(CODES, max_size=4))
async def test_every_wall_lets_through_exactly_what_the_areas_cover(
    connection: AsyncConnection, codes: set[str], areas: list[str]
) -> None:
    expected = {code for code in codes if any(covers(area, code) for area in areas)}
    conn: Any = await driver_connection(connection)
    await connection.exec_driver_sql("TRUNCATE place")
    await conn.execute("INSERT INTO place SELECT unnest($1::text[])", list(codes))

    assert set(await connection.scalars(select(PLACES.c.code).where(within(PLACES.c.code, areas)))) == expected

    conditions = Conditions()
    conditions.add("code <> {}", "another condition comes first")
    conditions.within("code", areas)
    rows = await conn.fetch(f"SELECT code FROM place WHERE {conditions.where}", *conditions.args)
    assert {row["code"] for row in rows} == expected

    await enter(conn, areas)
    assert {row["code"] for row in await conn.fetch("SELECT code FROM place WHERE in_scope(code)")} == expected


@pytest.mark.parametrize(
    ("area", "outside"), [("13.7", "13.76"), ("13.76", "13.7"), ("13.76.01", "13.76.011"), ("13", "1"), ("id", None)]
)
def test_a_code_that_only_begins_alike_is_not_covered(area: str, outside: str | None) -> None:
    assert covers(area, f"{area}.01")
    assert outside is None or not covers(area, outside)


async def test_a_transaction_without_areas_sees_nothing(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as conn:
        assert await conn.fetchval("SELECT in_scope('13.76')") is False
        async with conn.transaction():
            await enter(conn, ["13.76"])
            assert await conn.fetchval("SELECT in_scope('13.76.01')") is True
        assert await conn.fetchval("SELECT in_scope('13.76.01')") is False, "areas end with their transaction"


@pytest.mark.parametrize("column", ['code text COLLATE "C"', "code text"], ids=["C", "pattern"])
async def test_the_filter_uses_an_index_on_the_area(pool: asyncpg.Pool, column: str) -> None:
    operators = "" if "COLLATE" in column else " text_pattern_ops"
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute(f"CREATE TEMP TABLE many ({column}) ON COMMIT DROP; CREATE INDEX ON many (code{operators})")
        await conn.execute("SET LOCAL enable_seqscan = off")
        conditions = Conditions()
        conditions.within("code", ["13.76", "14.72"])
        plan = [
            row[0] for row in await conn.fetch(f"EXPLAIN SELECT * FROM many WHERE {conditions.where}", *conditions.args)
        ]
    ranges = [line for line in plan if "Index Cond" in line and ".'::text" in line]
    assert len(ranges) == 2, plan
    assert not any("Seq Scan" in line for line in plan)
