"""The task routes: lists, moves, who and when, refusals, access by role and area, the history of migrations."""

import asyncio
from uuid import UUID

import pytest

from ilp_cluster_services.service import SERVICE
from ilp_shared.db import migrate
from ilp_shared.ids import new_id
from tests.service.cluster.builders import OTHER_VILLAGE, VILLAGE, Json, Running, Screened, action, result
from tests.support.databases import Databases


async def open_task(cluster: Running, code: str = "REPEAT", home: str = VILLAGE) -> Json:
    """Open one task for a new person and return it."""
    child = Screened(new_id(), home=home)
    await cluster.feed.apply(child.recorded(result("weight_for_age", code)))
    return (await cluster.of(child.person_id))[code]


async def test_models_and_history_agree(databases: Databases) -> None:
    urls = await databases.create(SERVICE)
    await asyncio.to_thread(migrate.check, SERVICE.package, SERVICE.schema, url=urls.owner, app_url=urls.app)


async def test_accept_then_complete_keeps_who_and_when(cluster: Running) -> None:
    task = await open_task(cluster)
    accepted = await cluster.move(task["id"], "accept", {"base_version": 1}, role="nurse")
    assert (accepted.status_code, accepted.json()["status"], accepted.json()["version"]) == (200, "accepted", 2)
    body = {"base_version": 2, "outcome": "home_visited"}
    completed = await cluster.move(task["id"], "complete", body, role="kader", area=VILLAGE)
    assert (completed.status_code, completed.json()["outcome"]) == (200, "home_visited")
    history = completed.json()["history"]
    assert [(line["version"], line["move"], line["role"]) for line in history] == [
        (1, "open", "system"),
        (2, "accept", "nurse"),
        (3, "complete", "kader"),
    ]
    assert all(line["subject"] and line["at"] for line in history)
    changes = await cluster.changes(task["id"])
    assert [(version, data["status"], data["outcome"]) for version, data in changes] == [
        (1, "requested", None),
        (2, "accepted", None),
        (3, "completed", "home_visited"),
    ]
    read = await cluster.client.get(f"/v1/tasks/{task['id']}", headers=cluster.issuer.headers("midwife"))
    assert read.json() == completed.json()


async def test_illegal_moves_and_stale_versions_are_conflicts(cluster: Running) -> None:
    task = await open_task(cluster)
    stale = await cluster.move(task["id"], "accept", {"base_version": 7})
    assert (stale.status_code, stale.json()["type"]) == (409, "urn:ilp:problem:stale-version")
    assert (await cluster.move(task["id"], "complete", {"outcome": "attended"})).status_code == 200
    for move, body in (("accept", {"base_version": 2}), ("cancel", {"reason": "other"})):
        refused = await cluster.move(task["id"], move, body)
        assert (refused.status_code, refused.json()["type"]) == (409, "urn:ilp:problem:conflict")
    assert len(await cluster.changes(task["id"])) == 2


async def test_the_same_key_moves_once(cluster: Running) -> None:
    task, key = await open_task(cluster), str(new_id())
    first = await cluster.move(task["id"], "accept", {"base_version": 1}, key=key)
    again = await cluster.move(task["id"], "accept", {"base_version": 1}, key=key)
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    # The issuer makes one subject per role and area, so the key belongs to the same client.
    assert again.headers["idempotent-replayed"] == "true"
    assert len(await cluster.changes(task["id"])) == 2


async def test_two_at_once_one_wins(cluster: Running) -> None:
    task = await open_task(cluster)
    answers = await asyncio.gather(
        *(cluster.move(task["id"], "accept", {"base_version": 1}, role=role) for role in ("nurse", "midwife"))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_kader_cannot_handle_referrals(cluster: Running) -> None:
    task = await open_task(cluster, "REFER_PUSKESMAS")
    body = {"base_version": 1, "outcome": "attended"}
    refused = await cluster.move(task["id"], "complete", body, role="kader", area=VILLAGE)
    assert refused.status_code == 403
    assert "kader" in refused.json()["detail"]
    assert (await cluster.move(task["id"], "complete", body, role="midwife", area=VILLAGE)).status_code == 200


@pytest.mark.parametrize("role", ["dinas", "province", "analyst", "integrator", "operator"])
async def test_offices_do_not_see_tasks_of_persons(cluster: Running, role: str) -> None:
    headers = cluster.issuer.headers(role)
    assert (await cluster.client.get("/v1/tasks", headers=headers)).status_code == 403


async def test_a_task_outside_the_callers_areas_is_absent(cluster: Running) -> None:
    task = await open_task(cluster, home=OTHER_VILLAGE)
    headers = cluster.issuer.headers("midwife", "13.76")
    assert (await cluster.client.get(f"/v1/tasks/{task['id']}", headers=headers)).status_code == 404
    moved = await cluster.move(task["id"], "accept", {"base_version": 1}, area="13.76")
    unknown = await cluster.move(str(new_id()), "accept", {"base_version": 1}, area="13.76")
    assert moved.status_code == unknown.status_code == 404
    assert moved.json()["detail"] == unknown.json()["detail"]
    page = await cluster.tasks({"person": task["person_id"]}, areas=("13.76",))
    assert page["items"] == []


async def test_row_level_security_hides_what_a_query_forgot(cluster: Running) -> None:
    task = await open_task(cluster, home=OTHER_VILLAGE)
    async with cluster.database.pool.acquire() as conn, conn.transaction():
        await conn.execute("SELECT set_config('ilp.areas', '13.76', true)")
        assert await conn.fetchval("SELECT count(*) FROM task WHERE id = $1", UUID(task["id"])) == 0
        await conn.execute("SELECT set_config('ilp.areas', '14.72.01', true)")
        assert await conn.fetchval("SELECT count(*) FROM task WHERE id = $1", UUID(task["id"])) == 1


async def test_pages_by_due_time_have_no_gap_and_no_double(cluster: Running) -> None:
    facility = new_id()
    for days in (5, 3, 9, 3, 1):
        child = Screened(facility)
        await cluster.feed.apply(child.recorded(result("weight_for_age", action("REPEAT", after_days=days))))
    items: list[Json] = []
    query: dict[str, str | int] = {"facility": str(facility), "limit": 2, "count": "exact"}
    while True:
        page = await cluster.tasks(query)
        assert page["total"] == 5
        items += page["items"]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert len({item["id"] for item in items}) == len(items) == 5
    keys = [(item["due_at"], item["id"]) for item in items]
    assert keys == sorted(keys)


async def test_filters(cluster: Running) -> None:
    child = Screened(new_id())
    await cluster.feed.apply(child.recorded(result("weight_for_age", "REPEAT", "REFER_PUSKESMAS", "TREAT")))
    tasks = await cluster.of(child.person_id)
    await cluster.move(tasks["TREAT"]["id"], "complete", {"outcome": "attended"})
    person = str(child.person_id)

    async def codes(**query: str) -> set[str]:
        return {item["action"] for item in (await cluster.tasks({"person": person, **query}))["items"]}

    assert await codes(kind="referral") == {"REFER_PUSKESMAS"}
    assert await codes(status="completed") == {"TREAT"}
    assert await codes(due_before="2026-11-28T00:00:00+07:00") == {"REFER_PUSKESMAS", "TREAT"}
    assert await codes(area="13.76") == {"REPEAT", "REFER_PUSKESMAS", "TREAT"}
    assert await codes(area="13.77") == set()
    both = await cluster.client.get(
        "/v1/tasks",
        params=[("person", person), ("status", "completed"), ("status", "requested")],
        headers=cluster.issuer.headers("midwife"),
    )
    assert {item["action"] for item in both.json()["items"]} == {"REPEAT", "REFER_PUSKESMAS", "TREAT"}


@pytest.mark.parametrize(
    "query",
    [
        {"area": "13.7"},
        {"area": "١٣.٧٦"},
        {"status": "open"},
        {"limit": "501"},
        {"due_before": "2026-11-28T00:00:00"},
        {"cursor": "!"},
        {"count": "all"},
        {"colour": "red"},
    ],
)
async def test_bad_queries_are_refused(cluster: Running, query: dict[str, str]) -> None:
    answer = await cluster.client.get("/v1/tasks", params=query, headers=cluster.issuer.headers("midwife"))
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


@pytest.mark.parametrize(
    ("move", "body"),
    [
        ("accept", {}),
        ("accept", {"base_version": "1"}),
        ("complete", {"outcome": "cured"}),
        ("complete", {"outcome": "attended", "note": "x"}),
        ("cancel", {"reason": "because I say so"}),
    ],
)
async def test_bad_bodies_are_refused(cluster: Running, move: str, body: Json) -> None:
    task = await open_task(cluster)
    assert (await cluster.move(task["id"], move, body)).status_code == 422
    assert len(await cluster.changes(task["id"])) == 1
