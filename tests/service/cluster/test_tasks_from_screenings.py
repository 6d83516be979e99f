"""Screening events open, revise and withdraw tasks; redelivery and order of topics change nothing."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

from ilp_cluster_services.service import SERVICE
from ilp_shared.bus.archive.unit import open_unit
from ilp_shared.db.scope import EVERYWHERE, enter
from ilp_shared.ids import new_id
from tests.service.cluster.builders import (
    MOMENT,
    OTHER_VILLAGE,
    VILLAGE,
    Running,
    Screened,
    action,
    facility,
    result,
)
from tests.support.feeding import Feed
from tests.support.waiting import is_pending


async def test_actions_open_tasks_with_limits_and_education_opens_none(cluster: Running) -> None:
    posyandu = new_id()
    child = Screened(posyandu)
    await cluster.feed.apply(
        child.recorded(
            result("weight_for_age", "FURTHER_TEST", "COUNSEL", "SUPPLEMENT"),
            result("length_height_for_age", "EDU"),
            result("tb_symptoms", action("CONTACT_INVESTIGATION")),
        )
    )
    tasks = await cluster.of(child.person_id)
    assert set(tasks) == {"FURTHER_TEST", "SUPPLEMENT", "CONTACT_INVESTIGATION"}
    supplement = tasks["SUPPLEMENT"]
    # 14 days after the local day, at its end in western time (UTC+7).
    assert datetime.fromisoformat(supplement["due_at"]) == datetime(2026, 12, 4, 16, 59, 59, tzinfo=UTC)
    assert supplement["opened_day"] == "2026-11-20"
    assert (supplement["kind"], supplement["facility_id"]) == ("follow_up", str(posyandu))
    assert (supplement["klaster"], tasks["CONTACT_INVESTIGATION"]["klaster"]) == (2, 4)
    assert supplement["policy"]["version"] == "2023.1"


async def test_limit_of_the_action_wins_and_hours_count_from_the_screening(cluster: Running) -> None:
    adult = Screened(new_id())
    await cluster.feed.apply(
        adult.recorded(
            result("blood_pressure", action("REPEAT", after_days=30)),
            result("birth_weight", "REFER_HOSPITAL_URGENT"),
            result("tb_symptoms", action("NOTIFY_CLUSTER4", within_hours=6)),
        )
    )
    tasks = await cluster.of(adult.person_id)
    due = {code: datetime.fromisoformat(task["due_at"]) for code, task in tasks.items()}
    assert due["REPEAT"] == datetime(2026, 12, 20, 16, 59, 59, tzinfo=UTC)
    assert due["REFER_HOSPITAL_URGENT"] == datetime(2026, 11, 20, 4, 30, tzinfo=UTC)
    assert due["NOTIFY_CLUSTER4"] == datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
    assert tasks["REPEAT"]["klaster"] == 3


async def test_unknown_action_is_followed_up_with_a_mark(cluster: Running) -> None:
    child = Screened(new_id())
    await cluster.feed.apply(child.recorded(result("weight_for_age", "SOMETHING_NEW", "REPEAT")))
    tasks = await cluster.of(child.person_id)
    assert tasks["SOMETHING_NEW"]["kind"] == "follow_up"
    assert (tasks["SOMETHING_NEW"]["routed"], tasks["REPEAT"]["routed"]) == (False, True)
    assert tasks["SOMETHING_NEW"]["policy"]["verified"] is False


async def test_one_task_per_action_names_the_most_severe_result(cluster: Running) -> None:
    child = Screened(new_id())
    await cluster.feed.apply(
        child.recorded(
            result("weight_for_age", action("REPEAT", after_days=30), worst="pre_disease"),
            result("muac_for_age", action("REPEAT", after_days=7), worst="disease_suspected"),
        )
    )
    tasks = await cluster.of(child.person_id)
    assert tasks["REPEAT"]["result_code"] == "muac_for_age"
    assert tasks["REPEAT"]["result_codes"] == ["weight_for_age", "muac_for_age"]
    assert tasks["REPEAT"]["due_at"].startswith("2026-11-27")


async def test_redelivery_opens_nothing_twice(cluster: Running) -> None:
    child = Screened(new_id())
    first = child.recorded(result("weight_for_age", "REPEAT"))
    read = await cluster.feed.apply(first)
    await cluster.feed.redeliver(read)
    tasks = await cluster.of(child.person_id)
    assert [version for version, _ in await cluster.changes(tasks["REPEAT"]["id"])] == [1]
    # Even the same content under a new sequence (a rebuilt source) changes nothing: the versions are known.
    await cluster.feed.apply(first)
    assert [version for version, _ in await cluster.changes(tasks["REPEAT"]["id"])] == [1]
    assert (await cluster.of(child.person_id)).keys() == {"REPEAT"}


async def test_correction_cancels_opens_revises_and_reopens(cluster: Running) -> None:
    child = Screened(new_id())
    await cluster.feed.apply(child.recorded(result("weight_for_age", "REPEAT", "SUPPLEMENT")))
    await cluster.feed.apply(child.recorded(result("weight_for_age", action("REPEAT", after_days=3), "HOME_VISIT")))
    tasks = await cluster.of(child.person_id)
    assert (tasks["SUPPLEMENT"]["status"], tasks["SUPPLEMENT"]["reason"]) == ("cancelled", "correction")
    assert tasks["HOME_VISIT"]["status"] == "requested"
    assert tasks["REPEAT"]["due_at"].startswith("2026-11-23")
    await cluster.feed.apply(child.recorded(result("weight_for_age", "SUPPLEMENT"), day=date(2026, 11, 19)))
    tasks = await cluster.of(child.person_id)
    assert (tasks["SUPPLEMENT"]["status"], tasks["SUPPLEMENT"]["reason"]) == ("requested", None)
    assert tasks["SUPPLEMENT"]["opened_day"] == "2026-11-19"
    changes = await cluster.changes(tasks["SUPPLEMENT"]["id"])
    assert [(version, data["status"]) for version, data in changes] == [
        (1, "requested"),
        (2, "cancelled"),
        (3, "requested"),
    ]
    assert {data["key"] for _, data in changes} == {"13.76"}


async def test_versions_of_one_screening_in_one_batch(cluster: Running) -> None:
    child = Screened(new_id())
    events = [child.recorded(result("weight_for_age", "REPEAT")), child.recorded(result("weight_for_age", "TREAT"))]
    await cluster.feed.apply(*events, child.voided())
    tasks = await cluster.of(child.person_id)
    assert {(code, task["status"], task["reason"]) for code, task in tasks.items()} == {
        ("REPEAT", "cancelled", "correction"),
        ("TREAT", "cancelled", "void"),
    }


async def test_void_cancels_open_tasks_and_leaves_finished_ones(cluster: Running) -> None:
    child = Screened(new_id())
    await cluster.feed.apply(child.recorded(result("weight_for_age", "REPEAT", "SUPPLEMENT")))
    tasks = await cluster.of(child.person_id)
    done = await cluster.move(tasks["REPEAT"]["id"], "complete", {"base_version": 1, "outcome": "attended"})
    assert done.status_code == 200
    await cluster.feed.apply(child.voided())
    tasks = await cluster.of(child.person_id)
    assert tasks["REPEAT"]["status"] == "completed"
    assert (tasks["SUPPLEMENT"]["status"], tasks["SUPPLEMENT"]["reason"]) == ("cancelled", "void")
    assert len(await cluster.changes(tasks["REPEAT"]["id"])) == 2


async def test_cancelled_by_a_person_stays_cancelled_when_a_correction_asks_again(cluster: Running) -> None:
    child = Screened(new_id())
    await cluster.feed.apply(child.recorded(result("weight_for_age", "REPEAT")))
    task = (await cluster.of(child.person_id))["REPEAT"]
    assert (await cluster.move(task["id"], "cancel", {"reason": "refused"})).status_code == 200
    await cluster.feed.apply(child.recorded(result("weight_for_age", action("REPEAT", after_days=2))))
    task = (await cluster.of(child.person_id))["REPEAT"]
    assert (task["status"], task["reason"], task["version"]) == ("cancelled", "refused", 2)


async def test_referral_finds_its_puskesmas(cluster: Running) -> None:
    puskesmas, pustu, posyandu, lone = new_id(), new_id(), new_id(), new_id()
    await cluster.feed.apply(
        facility(puskesmas, "puskesmas", None),
        facility(pustu, "pustu", puskesmas),
        facility(posyandu, "posyandu", pustu),
        facility(lone, "posyandu", puskesmas),
    )
    child, other = Screened(posyandu), Screened(lone)
    asked = result("muac_for_age", "REFER_PUSTU", "REFER_PUSKESMAS", "REFER_HOSPITAL", "REPEAT")
    await cluster.feed.apply(child.recorded(asked), other.recorded(asked))
    facilities = {code: task["facility_id"] for code, task in (await cluster.of(child.person_id)).items()}
    assert facilities == {
        "REFER_PUSTU": str(pustu),
        "REFER_PUSKESMAS": str(puskesmas),
        "REFER_HOSPITAL": str(puskesmas),
        "REPEAT": str(posyandu),
    }
    assert (await cluster.of(other.person_id))["REFER_PUSTU"]["facility_id"] == str(puskesmas)


async def test_referral_waits_for_a_facility_that_is_not_known_yet(cluster: Running) -> None:
    puskesmas, posyandu = new_id(), new_id()
    child = Screened(posyandu, home=OTHER_VILLAGE)
    await cluster.feed.apply(child.recorded(result("muac_for_age", "REFER_PUSKESMAS")))
    task = (await cluster.of(child.person_id))["REFER_PUSKESMAS"]
    assert task["facility_id"] is None
    await cluster.feed.apply(facility(posyandu, "posyandu", puskesmas, area=OTHER_VILLAGE))
    await cluster.feed.apply(facility(puskesmas, "puskesmas", None, area="14.72.01"))
    task = (await cluster.of(child.person_id))["REFER_PUSKESMAS"]
    assert (task["facility_id"], task["version"]) == (str(puskesmas), 2)
    changes = await cluster.changes(task["id"])
    assert [(version, data["facility_id"]) for version, data in changes] == [(1, None), (2, str(puskesmas))]


async def test_task_and_facility_at_the_same_time_do_not_miss_each_other(cluster: Running) -> None:
    puskesmas, posyandu = new_id(), new_id()
    child = Screened(posyandu)
    pool = cluster.database.pool
    projection = SERVICE.make_projection()
    # Two members of the consumer group, each in its own transaction, without positions: a feed of their own numbers.
    feed = Feed(pool, projection)
    opening = feed.number(child.recorded(result("muac_for_age", "REFER_PUSKESMAS")))
    arriving = [
        feed.number(facility(puskesmas, "puskesmas", None)),
        feed.number(facility(posyandu, "posyandu", puskesmas)),
    ]

    async def bring_facilities() -> None:
        async with pool.acquire() as conn, open_unit(conn) as unit:
            await enter(conn, EVERYWHERE)
            await projection.apply(unit, arriving)

    async with pool.acquire() as conn, open_unit(conn) as unit:
        await enter(conn, EVERYWHERE)
        await projection.apply(unit, [opening])
        second = asyncio.create_task(bring_facilities())
        assert await is_pending(second, 0.3)
    await second
    assert (await cluster.of(child.person_id))["REFER_PUSKESMAS"]["facility_id"] == str(puskesmas)


async def test_an_older_version_of_a_facility_changes_nothing(cluster: Running) -> None:
    old, new, posyandu = new_id(), new_id(), new_id()
    await cluster.feed.apply(facility(old, "puskesmas", None), facility(new, "puskesmas", None))
    await cluster.feed.apply(facility(posyandu, "posyandu", new, version=2), facility(posyandu, "posyandu", old))
    child = Screened(posyandu)
    await cluster.feed.apply(child.recorded(result("muac_for_age", "REFER_PUSKESMAS")))
    assert (await cluster.of(child.person_id))["REFER_PUSKESMAS"]["facility_id"] == str(new)


async def test_events_carry_the_whole_state(cluster: Running) -> None:
    child = Screened(new_id())
    await cluster.feed.apply(child.recorded(result("weight_for_age", "REPEAT")))
    task = (await cluster.of(child.person_id))["REPEAT"]
    [(version, data)] = await cluster.changes(task["id"])
    assert version == 1
    assert (data["home_area"], data["opened_day"], data["screening_id"]) == (
        VILLAGE,
        "2026-11-20",
        str(child.screening_id),
    )
    row = await cluster.database.pool.fetchrow("SELECT * FROM event_log WHERE aggregate_id = $1", child.screening_id)
    assert row is None
    archived = await cluster.database.pool.fetchval(
        "SELECT occurred_at FROM event_log WHERE data LIKE $1", f"%{task['id']}%"
    )
    assert archived == MOMENT


async def test_events_continue_the_trace_of_what_caused_them(cluster: Running) -> None:
    child, pool = Screened(new_id()), cluster.database.pool
    projection = SERVICE.make_projection()
    traces = [f"00-{digit * 32}-{digit * 16}-01" for digit in "12"]
    opening = Feed(pool, projection).number(child.recorded(result("weight_for_age", "REPEAT")))
    async with pool.acquire() as conn, open_unit(conn) as unit:
        await enter(conn, EVERYWHERE)
        await projection.apply(unit, [replace(opening, attributes={"traceparent": traces[0]})])
    task = (await cluster.of(child.person_id))["REPEAT"]
    headers = cluster.issuer.headers("midwife") | {"traceparent": traces[1]}
    path = f"/v1/tasks/{task['id']}/accept"
    assert (await cluster.client.post(path, json={"base_version": 1}, headers=headers)).status_code == 200
    rows = await pool.fetch("SELECT traceparent FROM event_log WHERE aggregate_id = $1 ORDER BY id", UUID(task["id"]))
    assert [row["traceparent"][:36] for row in rows] == [trace[:36] for trace in traces]
    assert rows[0]["traceparent"] == traces[0]
