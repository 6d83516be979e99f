"""Reading by person, facility, open day and id: pages, scope, the second wall, the audit of reads."""

import asyncpg
import pytest

from ilp_shared.ids import new_id
from tests.service.screening.stage import OTHER_VILLAGE, VILLAGE, Stage, facility, person


async def test_pages_follow_each_other_while_rows_arrive(stage: Stage) -> None:
    boy = person(VILLAGE)
    await stage.feed.apply(boy)
    person_id = str(boy.aggregate_id)
    at = ["2025-11-01T02:00:00Z", "2025-11-02T02:00:00Z", "2025-11-02T02:00:00Z", "2025-11-04T02:00:00Z"]
    made = [await stage.record(person_id=person_id, occurred_at=instant) for instant in at]
    first = (await stage.get("/v1/screenings", person=person_id, limit=2, count="exact")).json()
    assert first["total"] == 4
    await stage.record(person_id=person_id, occurred_at="2025-11-05T02:00:00Z")
    second = (await stage.get("/v1/screenings", person=person_id, limit=2, cursor=first["next"])).json()
    assert (second["next"], second["total"]) == (None, None)
    ids = [item["id"] for item in (*first["items"], *second["items"])]
    assert ids == [made[3]["id"], *sorted((made[1]["id"], made[2]["id"]), reverse=True), made[0]["id"]]
    assert second["items"][-1] == made[0]


async def test_by_facility_and_by_open_day(stage: Stage) -> None:
    place = facility(VILLAGE)
    await stage.feed.apply(place)
    day = {"facility_id": str(place.aggregate_id), "day": "2025-11-22"}
    open_day = (await stage.post("/v1/open-days", day)).json()
    inside = await stage.record(facility_id=day["facility_id"], open_day_id=open_day["id"])
    outside = await stage.record(facility_id=day["facility_id"])
    by_facility = (await stage.get("/v1/screenings", facility=day["facility_id"])).json()
    by_open_day = (await stage.get("/v1/screenings", open_day=open_day["id"])).json()
    assert {item["id"] for item in by_facility["items"]} == {inside["id"], outside["id"]}
    assert [item["id"] for item in by_open_day["items"]] == [inside["id"]]
    assert inside["open_day_id"] == open_day["id"]


async def test_a_list_needs_a_filter_and_a_known_cursor(stage: Stage) -> None:
    assert (await stage.get("/v1/screenings")).status_code == 422
    for cursor in ("abc", "WyJ4IiwieSJd", "WyIyMDI1LTAxLTAxVDAwOjAwOjAwIiwieSJd"):
        assert (await stage.get("/v1/screenings", person=stage.child, cursor=cursor)).status_code == 422


async def test_screenings_of_other_areas_do_not_exist(stage: Stage) -> None:
    mine = await stage.record()
    for path in (f"/v1/screenings/{mine['id']}", f"/v1/screenings/{mine['id']}/versions"):
        assert (await stage.get(path, area=OTHER_VILLAGE)).status_code == 404
        assert (await stage.get(path, role="analyst")).status_code == 403
    assert (await stage.get("/v1/screenings", person=stage.child, area=OTHER_VILLAGE)).json()["items"] == []
    assert (await stage.get(f"/v1/screenings/{new_id()}")).status_code == 404


async def test_row_level_security_is_a_second_wall(stage: Stage) -> None:
    mine = await stage.record()
    for table in ("screening", "screening_version"):
        query = f"SELECT count(*) AS n FROM {table} WHERE id = $1"
        seen = {
            areas: (await stage.query(query, mine["id"], areas=areas))[0]["n"] for areas in (VILLAGE, OTHER_VILLAGE, "")
        }
        assert seen == {VILLAGE: 1, OTHER_VILLAGE: 0, "": 0}
    assert not await stage.query("SELECT 1 FROM person_copy WHERE person_id = $1", stage.child, areas=OTHER_VILLAGE)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await stage.query(
            "INSERT INTO person_copy VALUES ($1, 'male', '2024-01-01', $2, 1) RETURNING 1",
            new_id(),
            VILLAGE,
            areas=OTHER_VILLAGE,
        )


async def test_every_read_of_a_person_is_noted_and_notes_stay(stage: Stage) -> None:
    boy = person(VILLAGE)
    await stage.feed.apply(boy)
    mine = await stage.record(person_id=str(boy.aggregate_id))
    await stage.get("/v1/screenings", person=boy.aggregate_id)
    await stage.get(f"/v1/screenings/{mine['id']}", role="nurse")
    await stage.get(f"/v1/screenings/{mine['id']}/versions")
    await stage.get(f"/v1/screenings/{mine['id']}", area=OTHER_VILLAGE)
    rows = await stage.query(
        "SELECT subject, role, action FROM access_audit WHERE person_id = $1 ORDER BY id", boy.aggregate_id
    )
    assert [tuple(row) for row in rows] == [
        ("dev-midwife-13.76", "midwife", "screenings.list"),
        ("dev-nurse-13.76", "nurse", "screenings.read"),
        ("dev-midwife-13.76", "midwife", "screenings.history"),
    ]
    for statement in ("DELETE FROM access_audit", "UPDATE screening_version SET reason = 'other'"):
        with pytest.raises(asyncpg.RestrictViolationError):
            await stage.query(statement)
