"""Reads of tasks leave a note of who read whose, in the transaction of the read; notes are only ever added."""

import asyncpg
import pytest

from ilp_shared.ids import new_id
from tests.service.cluster.builders import OTHER_VILLAGE, VILLAGE, Running, Screened, result


async def _opened(cluster: Running, facility: Screened, *codes: str) -> list[str]:
    await cluster.feed.apply(facility.recorded(*(result("weight_for_age", code) for code in codes)))
    query = "SELECT id FROM task WHERE person_id = $1 ORDER BY action"
    async with cluster.database.pool.acquire() as conn, conn.transaction():
        await conn.execute("SELECT set_config('ilp.areas', 'id', true)")
        return [str(row["id"]) for row in await conn.fetch(query, facility.person_id)]


async def _notes(cluster: Running, child: Screened) -> list[tuple[str, str, str]]:
    query = "SELECT subject, role, action FROM access_audit WHERE person_id = $1 ORDER BY id"
    return [
        (row["subject"], row["role"], row["action"])
        for row in await cluster.database.pool.fetch(query, child.person_id)
    ]


async def test_a_list_notes_each_person_shown_once(cluster: Running) -> None:
    facility = new_id()
    first, second, elsewhere = Screened(facility), Screened(facility), Screened(facility, home=OTHER_VILLAGE)
    await _opened(cluster, first, "REPEAT", "COUNSEL")
    await _opened(cluster, second, "REPEAT")
    await _opened(cluster, elsewhere, "REPEAT")
    assert await _notes(cluster, first) == []
    items = (await cluster.tasks({"facility": str(facility)}, areas=(VILLAGE,)))["items"]
    assert {item["person_id"] for item in items} == {str(first.person_id), str(second.person_id)}
    for child in (first, second):
        assert await _notes(cluster, child) == [(f"dev-midwife-{VILLAGE}", "midwife", "tasks.list")]
    assert await _notes(cluster, elsewhere) == []
    [only] = (await cluster.tasks({"facility": str(facility), "limit": 1}, areas=(VILLAGE,)))["items"]
    beyond = second if only["person_id"] == str(first.person_id) else first
    assert len(await _notes(cluster, beyond)) == 1, "a task beyond the page was not shown"


async def test_reading_one_task_is_noted_and_a_refused_read_apart(cluster: Running) -> None:
    child = Screened(new_id())
    [task] = await _opened(cluster, child, "REPEAT")
    for role, area, status in (("nurse", VILLAGE, 200), ("midwife", OTHER_VILLAGE, 404), ("analyst", VILLAGE, 403)):
        answer = await cluster.client.get(f"/v1/tasks/{task}", headers=cluster.issuer.headers(role, area))
        assert answer.status_code == status
    assert await _notes(cluster, child) == [(f"dev-nurse-{VILLAGE}", "nurse", "tasks.read")]
    refused = "SELECT role, action FROM access_audit WHERE object_id = $1::uuid AND outcome = 'refused' ORDER BY id"
    rows = await cluster.database.pool.fetch(refused, task)
    assert [tuple(row) for row in rows] == [("midwife", "tasks.read"), ("analyst", "tasks.read")]


@pytest.mark.parametrize("statement", ["DELETE FROM access_audit", "UPDATE access_audit SET role = 'kader'"])
async def test_notes_stay(cluster: Running, statement: str) -> None:
    child = Screened(new_id())
    await _opened(cluster, child, "REPEAT")
    await cluster.of(child.person_id)
    with pytest.raises(asyncpg.RestrictViolationError):
        await cluster.database.pool.execute(statement)
    assert len(await _notes(cluster, child)) == 1
