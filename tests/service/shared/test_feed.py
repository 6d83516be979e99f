"""The feed without `shard`: everything of the account's areas once, an end that says so, holes distinct from losses."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx2
import pytest
import pytest_asyncio

from ilp_shared.bus.archive import outbox
from ilp_shared.bus.archive.unit import open_unit
from ilp_shared.bus.contract.envelope import Aggregate, shard_of
from ilp_shared.ids import new_id
from tests.service.shared.things import DATA, NOW
from tests.support.api import Issuer

HERE, THERE = "13.76.01.1002", "14.72.01.1001"


@pytest_asyncio.fixture(loop_scope="session")
async def archive(pool: asyncpg.Pool) -> AsyncIterator[asyncpg.Pool]:
    """Empty the archive."""
    await pool.execute("TRUNCATE event_log; UPDATE relay_shard SET assigned = 0, published = 0")
    yield pool
    await pool.execute("TRUNCATE event_log; UPDATE relay_shard SET assigned = 0, published = 0")


async def raise_events(pool: asyncpg.Pool, *areas: str) -> list[str]:
    """Archive one event for each village and give them their sequences; returns their ids."""
    async with pool.acquire() as conn:
        async with open_unit(conn) as unit:
            for area in areas:
                unit.emit(DATA, of=Aggregate(new_id(), 1, area), occurred_at=NOW)
        rows = await outbox.assign(conn, 10_000)
    return [str(row["event_id"]) for row in rows]


class Reader:
    """A small reader: one position, nothing else."""

    def __init__(self, client: httpx2.AsyncClient, issuer: Issuer, area: str) -> None:
        self._client, self._headers = client, issuer.headers("integrator", area)
        self.position: str | None = None

    async def page(self, **query: object) -> dict[str, Any]:
        """Read the next page, and move on."""
        params = {name: str(value) for name, value in query.items()}
        if self.position is not None:
            params["position"] = self.position
        answer = await self._client.get("/v1/events", params=params, headers=self._headers)
        assert answer.status_code == 200, answer.text
        page: dict[str, Any] = answer.json()
        self.position = page["next"]
        return page

    async def to_the_head(self, limit: int) -> list[dict[str, Any]]:
        """Read until nothing is left; returns all events."""
        events: list[dict[str, Any]] = []
        while True:
            page = await self.page(limit=limit)
            assert len(page["events"]) <= limit
            assert all(each["missing"] == 0 for each in page["shards"])
            events += page["events"]
            if page["at_head"]:
                return events


@pytest.mark.parametrize("limit", [1, 3, 1000])
async def test_every_event_comes_once_in_the_order_of_its_shard(
    archive: asyncpg.Pool, things_client: httpx2.AsyncClient, issuer: Issuer, limit: int
) -> None:
    ids = await raise_events(archive, *[HERE, THERE, "33.75.01.1001", "62.10.01.1001"] * 5)
    reader = Reader(things_client, issuer, "id")
    events = await reader.to_the_head(limit)
    assert sorted(event["id"] for event in events) == sorted(ids)
    places = [(event["shard"], event["sequence"]) for event in events]
    assert places == sorted(set(places))
    assert events[0]["data"]["area_code"] == "13.76"
    assert {event["specversion"] for event in events} == {"1.0"}
    assert await reader.to_the_head(limit) == []
    later = await raise_events(archive, THERE)
    assert [event["id"] for event in await reader.to_the_head(limit)] == later


async def test_the_end_differs_from_nothing_for_this_area(
    archive: asyncpg.Pool, things_client: httpx2.AsyncClient, issuer: Issuer
) -> None:
    await raise_events(archive, *[HERE] * 4, THERE)
    reader = Reader(things_client, issuer, THERE[:5])
    first = await reader.page()
    assert [event["areacode"] for event in first["events"]] == [THERE]
    here = next(each for each in first["shards"] if each["shard"] == shard_of("13.76"))
    assert (here["after"], here["next"], here["head"], here["outside"], here["missing"]) == (0, 4, 4, 4, 0)
    end = await reader.page()
    assert (end["events"], end["shards"], end["at_head"]) == ([], [], True)
    await raise_events(archive, HERE)
    elsewhere = await reader.page()
    assert (elsewhere["events"], elsewhere["at_head"]) == ([], True)
    assert [(each["outside"], each["missing"]) for each in elsewhere["shards"]] == [(1, 0)]


async def test_a_loss_is_not_taken_for_a_hole_of_the_area(
    archive: asyncpg.Pool, things_client: httpx2.AsyncClient, issuer: Issuer
) -> None:
    await raise_events(archive, *[HERE] * 5)
    await archive.execute("DELETE FROM event_log WHERE sequence IN (2, 3)")
    for area, outside in (("id", 0), ("14.72", 3)):
        page = await Reader(things_client, issuer, area).page()
        (covered,) = page["shards"]
        assert (covered["outside"], covered["missing"]) == (outside, 2), area


async def test_a_position_ahead_of_a_restored_archive_is_refused(
    archive: asyncpg.Pool, things_client: httpx2.AsyncClient, issuer: Issuer
) -> None:
    await raise_events(archive, HERE)
    ahead = {"position": f"{shard_of('13.76')}:2"}
    answer = await things_client.get("/v1/events", params=ahead, headers=issuer.headers("integrator"))
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:ilp:problem:conflict")
    assert "dipulihkan" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"position": "64:1"}, "/query/position"),
        ({"position": "1:1,1:2"}, "/query/position"),
        ({"position": "1:9999999999999999999"}, "/query/position"),
        ({"position": "\u0661:1"}, "/query/position"),
        ({"position": ""}, "/query/position"),
        ({"position": "1:1", "shard": "1"}, "/query/position"),
        ({"after": "1"}, "/query/after"),
        ({"limit": "1001"}, "/query/limit"),
        ({"limit": "1_0"}, "/query/limit"),
        ({"shard": "3.0"}, "/query/shard"),
        ({"shard": "1", "after": " 7 "}, "/query/after"),
        ({"shard": "1", "after": str(2**63)}, "/query/after"),
    ],
)
async def test_a_position_that_no_page_gave_is_refused_in_its_place(
    things_client: httpx2.AsyncClient, issuer: Issuer, query: dict[str, str], pointer: str
) -> None:
    answer = await things_client.get("/v1/events", params=query, headers=issuer.headers("integrator"))
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
