"""An event carries the trace of the command that raised it: its own request's, its queue's, or its cause's."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import asyncpg
import httpx2
import pytest

from ilp_shared.bus.archive.unit import Unit, open_unit
from ilp_shared.bus.contract.envelope import Event
from ilp_shared.ids import new_id
from ilp_shared.problems import Problem
from ilp_shared.tracing import current_traceparent, entered_span
from ilp_shared.write.group_commit import GroupCommit
from tests.service.shared.things import DATA, NOW, aggregate
from tests.support.api import Issuer
from tests.support.spans import kept_spans


def header(trace: str) -> str:
    """Return a caller's traceparent."""
    return f"00-{trace}-b7ad6b7169203331-01"


async def traces_of(pool: asyncpg.Pool, things: Sequence[UUID]) -> list[str | None]:
    """Return the trace ids of the archived events of some things, in the order of these."""
    async with pool.acquire() as conn:
        rows = await conn.fetch("SELECT aggregate_id, traceparent FROM event_log WHERE aggregate_id = ANY($1)", things)
    traces = {row["aggregate_id"]: row["traceparent"] and row["traceparent"].split("-")[1] for row in rows}
    return [traces[thing] for thing in things]


async def test_events_of_concurrent_requests_carry_each_its_own_trace(
    things_client: httpx2.AsyncClient, pool: asyncpg.Pool, issuer: Issuer
) -> None:
    traces = [f"{number + 1:032x}" for number in range(12)]
    things = [new_id() for _ in traces]

    async def post(thing: UUID, trace: str) -> None:
        headers = {**issuer.headers("operator"), "traceparent": header(trace)}
        answer = await things_client.post("/v1/things", json={"id": str(thing)}, headers=headers)
        assert answer.status_code == 201, answer.text
        assert answer.headers["location"] == f"/v1/things/{thing}"

    await asyncio.gather(*(post(*each) for each in zip(things, traces, strict=True)))
    assert await traces_of(pool, things) == traces
    assert current_traceparent() is None


async def test_without_a_caller_s_trace_a_new_one_begins(
    things_client: httpx2.AsyncClient, pool: asyncpg.Pool, issuer: Issuer
) -> None:
    things = [new_id(), new_id()]
    for thing in things:
        assert (
            await things_client.post("/v1/things", json={"id": str(thing)}, headers=issuer.headers("operator"))
        ).status_code == 201
    first, second = await traces_of(pool, things)
    assert first is not None
    assert second is not None
    assert first != second


class Queued(NamedTuple):
    """A command that waits in a queue, with the trace of its request."""

    thing: UUID
    traceparent: str | None


async def test_commands_of_one_commit_keep_each_its_own_trace(pool: asyncpg.Pool) -> None:
    groups: list[int] = []

    async def execute(unit: Unit, commands: Sequence[Queued]) -> Sequence[UUID | Problem]:
        groups.append(len(commands))
        for queued in commands:
            unit.emit(DATA, of=aggregate(queued.thing), occurred_at=NOW, traceparent=queued.traceparent)
        return [queued.thing for queued in commands]

    commit: GroupCommit[Queued, UUID] = GroupCommit(
        pool, execute, lambda _queued: ("id",), traces=lambda queued: queued.traceparent, writers=1
    )
    traces = [f"{number + 100:032x}" for number in range(8)]
    things = [new_id() for _ in traces]

    async def submit(thing: UUID, trace: str) -> UUID:
        with entered_span(header(trace)):
            return await commit.submit(Queued(thing, current_traceparent()))

    with kept_spans("things") as sent:
        try:
            assert await asyncio.gather(*(submit(*each) for each in zip(things, traces, strict=True))) == things
        finally:
            await commit.close()
    assert max(groups) > 1, "some commands shared a commit"
    commits = [span for span in sent.spans if span.name == "group commit"]
    assert len(commits) == len(groups), "a span for each commit, not for each command"
    assert sum(1 + len(span.links) for span in commits) == len(traces), "which names the trace of each command"
    assert await traces_of(pool, things) == traces


@pytest.mark.parametrize("trace", [f"{7:032x}", None])
async def test_an_event_out_of_another_carries_the_trace_of_its_cause(pool: asyncpg.Pool, trace: str | None) -> None:
    attributes = {"areacode": "13.76"} | ({"traceparent": header(trace)} if trace else {})
    cause = Event(
        event_id=new_id(),
        type="ilp.registry.person-registered.v1",
        domain="registry",
        shard=0,
        sequence=1,
        aggregate_id=new_id(),
        aggregate_version=1,
        occurred_at=NOW,
        recorded_at=NOW,
        attributes=attributes,
        value=b"",
        data=None,
    )
    thing = new_id()
    async with pool.acquire() as conn:
        with entered_span(header(f"{8:032x}")):
            async with open_unit(conn) as unit:
                unit.emit(DATA, of=aggregate(thing), occurred_at=NOW, cause=cause)
    assert await traces_of(pool, [thing]) == [trace]


async def test_a_unit_that_fails_archives_nothing(pool: asyncpg.Pool) -> None:
    thing = new_id()

    async def fail() -> None:
        async with pool.acquire() as conn, open_unit(conn) as unit:
            unit.emit(DATA, of=aggregate(thing), occurred_at=NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with pool.acquire() as conn:
        assert await conn.fetchval("SELECT count(*) FROM event_log WHERE aggregate_id = $1", thing) == 0
