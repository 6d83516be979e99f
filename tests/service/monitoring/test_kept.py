"""Situations are kept as JSON, yet no answer is older than its request: every change of a shown number makes it new."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest_asyncio

from ilp_monitoring.situations.schemas import Situation
from ilp_shared.bus.contract.catalog import PARTITIONS
from tests.service.monitoring.conftest import Monitoring
from tests.service.monitoring.events import CHILD, NEIGHBOUR, SHORT, TALL, VILLAGE, WEIGHED

CITY = "13.76"
_SOURCES = ("registry", "screening", "cluster")
_CHECKED = datetime(2026, 11, 22, 3, tzinfo=UTC)


@pytest_asyncio.fixture(loop_scope="session")
async def city(monitoring: Monitoring) -> AsyncIterator[Monitoring]:
    """Feed a city of two villages, and read its situation once."""
    world = monitoring.world
    await monitoring.feed.apply(world.tree(CITY, VILLAGE, NEIGHBOUR), world.posyandu("mawar"))
    await monitoring.situation(CITY)
    yield monitoring


async def _run(monitoring: Monitoring, statement: str, *values: object) -> None:
    async with monitoring.resources.database.pool.acquire() as conn:
        await conn.execute(statement, *values)


def _without_time(situation: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in situation.items() if name != "checked_at"}


async def test_the_same_state_gives_the_same_answer_and_a_new_number_a_new_one(city: Monitoring) -> None:
    world = city.world
    first = await city.situation(CITY)
    assert await city.situation(CITY) == first
    for number, result in enumerate((SHORT, TALL), 1):
        await city.feed.apply(world.screening(f"s{number}", f"p{number}", CHILD, result, observed=WEIGHED))
        assert await city.ratio(CITY, "STUNTING") == (1, number)
        assert (await city.situation(CITY))["sequence"] == first["sequence"] + number


async def test_each_question_keeps_its_own_answer(city: Monitoring) -> None:
    await city.feed.apply(city.world.screening("s1", "ani", CHILD, SHORT))
    below = [await city.situation(CITY, below=choice) for choice in ("children", "village", "children")]
    assert [len(situation["children"]) for situation in below] == [1, 2, 1]
    kinds = [await city.situation(CITY, denominator=choice) for choice in ("projected", "real", "projected")]
    assert [situation["denominator"] for situation in kinds] == ["projected", "real", "projected"]
    assert kinds[0] == kinds[2]
    assert kinds[1] == below[0] == below[2]
    assert (await city.situation(CITY, "2026-09"))["period"] == "2026-09"


async def test_time_checked_moves_without_any_number(city: Monitoring) -> None:
    before = await city.situation(CITY)
    for domain in _SOURCES:
        await _run(
            city,
            "INSERT INTO partition_seen (domain, partition, next_offset, at, through)"
            " SELECT $1, n, 0, $2, $2 FROM generate_series(0, $3 - 1) AS n",
            domain,
            _CHECKED,
            PARTITIONS,
        )
    after = await city.situation(CITY)
    assert datetime.fromisoformat(after["checked_at"]) == _CHECKED
    assert _without_time(after) == _without_time(before)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Read a JSON object in which no name appears twice."""
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


async def test_no_text_in_a_situation_is_taken_for_the_time_checked(city: Monitoring) -> None:
    name = '"checked_at":null,"checked_at": null'
    await _run(city, "UPDATE area SET name = $1 WHERE code IN ($2, $3)", name, CITY, VILLAGE)
    for _ in range(2):
        answer = await city.get(f"/v1/situations/{CITY}", below="village", denominator="real")
        situation = json.loads(answer.text, object_pairs_hook=_once)
        assert situation.keys() == Situation.model_fields.keys()
        assert (situation["area"]["name"], situation["children"][0]["name"]) == (name, name)
        assert Situation.model_validate(situation).model_dump(mode="json") == situation


async def test_events_set_aside_and_a_recount_show_at_once(city: Monitoring) -> None:
    assert (await city.situation(CITY))["parked"] == 0
    await _run(
        city,
        "INSERT INTO parked (domain, shard, sequence, event_id, type, aggregate_id, aggregate_version, occurred_at,"
        " recorded_at, attributes, value, reason) VALUES ('screening', 1, 9, gen_random_uuid(), 'x', gen_random_uuid(),"
        " 1, now(), now(), '{}', '', 'test')",
    )
    assert (await city.situation(CITY))["parked"] == 1
    await _run(city, "DELETE FROM parked")
    assert (await city.situation(CITY))["parked"] == 0
    assert (await city.situation(CITY))["recount"] is None
    await _run(
        city,
        "INSERT INTO recount_run (at, cells, events, differences, duration_s, detail) VALUES (now(), 5, 6, 0, 1, '{}')",
    )
    assert (await city.situation(CITY))["recount"]["cells"] == 5


async def test_a_place_that_does_not_exist_is_not_kept(city: Monitoring) -> None:
    for _ in range(2):
        assert (await city.get("/v1/situations/99.99")).status_code == 404
    await city.feed.apply(city.world.tree("99.99", "99.99.01.1001"))
    assert (await city.situation("99.99"))["area"]["code"] == "99.99"
