"""Group commit: one commit for many, no command harmed by another, answers only after the commit."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from ilp_shared.bus.archive.unit import Unit
from ilp_shared.problems import NotFound, Problem
from ilp_shared.text import Text
from ilp_shared.write.group_commit import GroupCommit
from tests.support.addresses import Address, connected, opened_pool


@pytest_asyncio.fixture(loop_scope="session")
async def pool(postgres_url: Address) -> AsyncIterator[asyncpg.Pool]:
    """Provide a pool on a fresh database with one table of positive numbers."""
    admin = await connected(postgres_url)
    name = f"group_{uuid4().hex[:8]}"
    await admin.execute(f'CREATE DATABASE "{name}"')
    opened = await opened_pool(postgres_url.of(name), min_size=1, max_size=5)
    await opened.execute("CREATE TABLE number (n int PRIMARY KEY CHECK (n > 0), tx text DEFAULT pg_current_xact_id())")
    yield opened
    await opened.close()
    await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await admin.close()


async def _insert(unit: Unit, numbers: Sequence[int]) -> Sequence[int | Problem]:
    await unit.conn.executemany("INSERT INTO number (n) VALUES ($1)", [(n,) for n in numbers if n != 7])
    return [NotFound(Text("tujuh", "seven")) if n == 7 else n * 2 for n in numbers]


async def test_concurrent_commands_share_commits_and_get_their_own_answers(pool: asyncpg.Pool) -> None:
    group: GroupCommit[int, int] = GroupCommit(pool, _insert, lambda _n: ["id"])
    answers = await asyncio.gather(*(group.submit(n) for n in range(100, 300)))
    await group.close()

    assert answers == [n * 2 for n in range(100, 300)]
    assert await pool.fetchval("SELECT count(*) FROM number") == 200
    assert await pool.fetchval("SELECT count(DISTINCT tx) FROM number") < 50


async def test_a_command_that_breaks_the_transaction_fails_alone(pool: asyncpg.Pool) -> None:
    group: GroupCommit[int, int] = GroupCommit(pool, _insert, lambda _n: ["id"])
    numbers = [1, 2, -1, 3, 7, 4]
    answers = await asyncio.gather(*(group.submit(n) for n in numbers), return_exceptions=True)
    await group.close()

    assert [a for a in answers if not isinstance(a, BaseException)] == [2, 4, 6, 8]
    assert isinstance(answers[2], asyncpg.CheckViolationError)
    assert isinstance(answers[4], NotFound)
    stored = await pool.fetch("SELECT n FROM number ORDER BY n")
    assert [row["n"] for row in stored] == [1, 2, 3, 4]


async def test_nothing_is_answered_before_the_commit(pool: asyncpg.Pool) -> None:
    group: GroupCommit[int, int] = GroupCommit(pool, _insert, lambda _n: ["id"])
    for n in range(1, 6):
        await group.submit(n)
        async with pool.acquire() as other:
            assert await other.fetchval("SELECT count(*) FROM number WHERE n = $1", n) == 1
    await group.close()
    with pytest.raises(asyncpg.UniqueViolationError):
        await pool.execute("INSERT INTO number (n) VALUES (1)")


async def test_a_commit_that_fails_is_not_answered_as_done(pool: asyncpg.Pool) -> None:
    """The database refuses at the commit itself, when everything was executed: no caller may have heard of success."""
    await pool.execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;"
        "CREATE CONSTRAINT TRIGGER late AFTER INSERT ON number DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW WHEN (NEW.n = 13) EXECUTE FUNCTION refuse()"
    )
    group: GroupCommit[int, int] = GroupCommit(pool, _insert, lambda _n: ["id"])
    answers = await asyncio.gather(*(group.submit(n) for n in (13, 14)), return_exceptions=True)
    await group.close()

    assert isinstance(answers[0], asyncpg.RaiseError)
    assert answers[1] == 28
    assert [row["n"] for row in await pool.fetch("SELECT n FROM number")] == [14]
