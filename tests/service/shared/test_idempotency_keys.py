"""Keys in the database: claimed with the command, answered again afterwards, free again after a refusal."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import asyncpg
import pytest

from ilp_shared.auth.permissions import Role
from ilp_shared.auth.principal import Principal
from ilp_shared.db.connection import Connection
from ilp_shared.problems import KeyInProgress, KeyReused, NotFound
from ilp_shared.write.keys import Replayed, claim, release, remember
from ilp_shared.write.retention import KEEP_DAYS, forget_old_keys

ROUTE = "POST /v1/things"
HASH, OTHER = b"hash", b"other"


@pytest.fixture
def client() -> str:
    """A client of this test alone."""
    return str(uuid4())


def account(client: str, *areas: str) -> Principal:
    """Return a client's account in some areas."""
    return Principal(client, frozenset({Role.KADER}), areas or ("13.76",), expires_at=0)


@asynccontextmanager
async def transaction(pool: asyncpg.Pool) -> AsyncIterator[Connection]:
    """Open a transaction of its own."""
    async with pool.acquire() as conn, conn.transaction():
        yield conn


async def test_one_key_is_answered_again_with_its_first_answer(pool: asyncpg.Pool, client: str) -> None:
    async with transaction(pool) as conn:
        assert await claim(conn, account(client), ROUTE, {"k": HASH}) == {}
        await remember(conn, client, ROUTE, 201, {"k": '{"id": 1}'})
    async with transaction(pool) as conn:
        replayed = (await claim(conn, account(client), ROUTE, {"k": HASH}))["k"]
        assert isinstance(replayed, Replayed)
        assert (replayed.status, replayed.body) == (201, '{"id": 1}')
        assert isinstance((await claim(conn, account(client), ROUTE, {"k": OTHER}))["k"], KeyReused)


@pytest.mark.parametrize(
    ("then", "now", "answer"),
    [
        (("13.76",), ("13.76",), Replayed),
        (("13.76",), ("13",), Replayed),
        (("13.76",), ("14.72", "13.76"), Replayed),
        (("13.76",), ("14.72",), NotFound),
        (("13.76",), ("13.76.01",), NotFound),
        (("13.76", "14.72"), ("13.76",), NotFound),
    ],
    ids=str,
)
async def test_an_answer_is_given_again_only_where_the_account_still_is(
    pool: asyncpg.Pool, client: str, then: tuple[str, ...], now: tuple[str, ...], answer: type
) -> None:
    async with transaction(pool) as conn:
        await claim(conn, account(client, *then), ROUTE, {"k": HASH})
        await remember(conn, client, ROUTE, 201, {"k": "{}"})
        assert type((await claim(conn, account(client, *now), ROUTE, {"k": HASH}))["k"]) is answer
        assert isinstance((await claim(conn, account(client, *now), ROUTE, {"k": OTHER}))["k"], KeyReused)


async def test_of_many_keys_each_is_answered_for_itself(pool: asyncpg.Pool, client: str) -> None:
    async with transaction(pool) as conn:
        assert await claim(conn, account(client), ROUTE, dict.fromkeys(("a", "b", "c"), HASH)) == {}
        await remember(conn, client, ROUTE, 201, {"a": "1", "b": "2"})
        await release(conn, client, ROUTE, ["c"])
    async with transaction(pool) as conn:
        answers = await claim(conn, account(client), ROUTE, {"a": HASH, "b": OTHER, "c": OTHER, "d": HASH})
        assert {key: type(answer) for key, answer in answers.items()} == {"a": Replayed, "b": KeyReused}


async def test_a_key_belongs_to_one_client_and_one_route(pool: asyncpg.Pool, client: str) -> None:
    async with transaction(pool) as conn:
        for owner, route in ((client, ROUTE), (client + "x", ROUTE), (client, "PUT /v1/things")):
            assert await claim(conn, account(owner), route, {"k": HASH}) == {}
            await remember(conn, owner, route, 200, {"k": "{}"})


async def test_a_command_that_fails_leaves_its_key_free(pool: asyncpg.Pool, client: str) -> None:
    async def fail() -> None:
        async with transaction(pool) as conn:
            await claim(conn, account(client), ROUTE, {"k": HASH})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with transaction(pool) as conn:
        assert await claim(conn, account(client), ROUTE, {"k": OTHER}) == {}


async def test_a_key_that_another_transaction_holds_is_in_progress(pool: asyncpg.Pool, client: str) -> None:
    async with transaction(pool) as conn:
        await claim(conn, account(client), ROUTE, {"k": HASH})
        with pytest.raises(KeyInProgress):
            async with transaction(pool) as other:
                await claim(other, account(client), ROUTE, {"a": HASH, "k": HASH})
        async with transaction(pool) as other:
            assert await claim(other, account(client), ROUTE, {"a": HASH}) == {}, "nothing is left of the refused claim"


async def test_a_key_without_an_answer_is_in_progress(pool: asyncpg.Pool, client: str) -> None:
    async with transaction(pool) as conn:
        await claim(conn, account(client), ROUTE, {"k": HASH})
    async with transaction(pool) as conn:
        assert isinstance((await claim(conn, account(client), ROUTE, {"k": HASH}))["k"], KeyInProgress)


async def test_claims_that_overlap_wait_for_each_other_and_do_not_deadlock(pool: asyncpg.Pool, client: str) -> None:
    keys = [f"k{number:02}" for number in range(40)]

    async def write(order: list[str]) -> int:
        async with transaction(pool) as conn:
            used = await claim(conn, account(client), ROUTE, dict.fromkeys(order, HASH))
            await remember(conn, client, ROUTE, 201, dict.fromkeys(set(order) - used.keys(), "{}"))
            assert all(isinstance(answer, Replayed) for answer in used.values())
            return len(order) - len(used)

    orders = [keys, keys[::-1], keys[20:] + keys[:20], keys[::2] + keys[1::2]]
    assert sum(await asyncio.gather(*(write(order) for order in orders))) == len(keys)


async def test_expired_keys_are_deleted_and_no_others(pool: asyncpg.Pool, client: str) -> None:
    async with transaction(pool) as conn:
        await claim(conn, account(client), ROUTE, {"old": HASH, "new": HASH})
        statement = "UPDATE idempotency_key SET created_at = created_at - $2 * interval '1 day' WHERE client = $1"
        await conn.execute(f"{statement} AND key = 'old'", client, KEEP_DAYS)
        await forget_old_keys(conn)
        rows = await conn.fetch("SELECT key FROM idempotency_key WHERE client = $1", client)
        assert [row["key"] for row in rows] == ["new"]
