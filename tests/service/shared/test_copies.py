"""Local copies: whatever order versions come in, and however often, the newest one stays."""

from datetime import UTC, date, datetime
from typing import Literal, NamedTuple
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from ilp_shared.db.copies import Copy, newest_wins

_DAY = date(2026, 11, 22)


class Facility(NamedTuple):
    """A copy with a column of every kind."""

    facility_id: UUID
    version: int
    kind: Literal["puskesmas", "posyandu"]
    parent_id: UUID | None
    parent_kind: Literal["puskesmas"] | None
    lat: float | None
    open: bool
    since: date
    seen_at: datetime
    digest: bytes


class Network(NamedTuple):
    """A copy that holds an array, so its rows travel as the table's own type."""

    facility_id: UUID
    version: int
    catchment: list[str]


TABLES = """
CREATE TABLE facility (facility_id uuid PRIMARY KEY, version bigint NOT NULL, kind text NOT NULL, parent_id uuid,
    parent_kind text, lat float8, open boolean NOT NULL, since date NOT NULL, seen_at timestamptz NOT NULL,
    digest bytea NOT NULL);
CREATE TABLE network (facility_id uuid PRIMARY KEY, version bigint NOT NULL, catchment text[] NOT NULL);
"""
FACILITIES = Copy("facility", Facility, "facility_id")
NETWORKS = Copy("network", Network, "facility_id", composite=True)


def facility(key: int, version: int) -> Facility:
    """Return the facility as its version says it."""
    even = version % 2 == 0
    return Facility(
        UUID(int=key),
        version,
        "puskesmas" if even else "posyandu",
        UUID(int=version) if even else None,
        "puskesmas" if even else None,
        version / 10 if even else None,
        even,
        _DAY.replace(year=2000 + version),
        datetime(2000 + version, 1, 1, tzinfo=UTC),
        bytes([version]),
    )


def network(key: int, version: int) -> Network:
    """Return the catchment as its version says it."""
    return Network(UUID(int=key), version, [f"13.76.01.{1000 + n}" for n in range(version)])


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def tables(pool: asyncpg.Pool) -> None:
    """The tables of both copies."""
    async with pool.acquire() as conn:
        await conn.execute(TABLES)


CALLS = st.lists(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 9)), max_size=8), max_size=5)


@settings(max_examples=60)
@given(calls=CALLS)
@pytest.mark.usefixtures("tables")
async def test_the_newest_version_of_each_key_stays(pool: asyncpg.Pool, calls: list[list[tuple[int, int]]]) -> None:
    newest: dict[int, int] = {}
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute("TRUNCATE facility, network")
        for call in calls:
            await FACILITIES.store(conn, [facility(*each) for each in call])
            await NETWORKS.store(conn, (network(*each) for each in call))
            for key, version in call:
                newest[key] = max(version, newest.get(key, 0))
        ids = [UUID(int=key) for key in range(1, 6)]
        assert await FACILITIES.read(conn, ids) == {UUID(int=k): facility(k, v) for k, v in newest.items()}
        assert await NETWORKS.read(conn, ids) == {UUID(int=k): network(k, v) for k, v in newest.items()}


@pytest.mark.usefixtures("tables")
async def test_only_what_was_asked_for_is_read(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute("TRUNCATE facility")
        await FACILITIES.store(conn, [facility(1, 1), facility(2, 1)])
        assert (await FACILITIES.read(conn, [UUID(int=2), UUID(int=9)])).keys() == {UUID(int=2)}
        assert await FACILITIES.read(conn, []) == {}


def test_a_type_that_no_column_has_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match="cannot hold"):
        newest_wins("network", Network, "facility_id")
