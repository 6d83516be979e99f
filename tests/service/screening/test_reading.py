"""Reading by person, facility, open day and id: pages, scope, the second wall, the audit of reads."""

import asyncpg
import pytest

from ilp_shared.ids import new_id
from tests.service.screening.screening_api import OTHER_VILLAGE, VILLAGE, ScreeningApi, facility, person


async def test_pages_follow_each_other_while_rows_arrive(api: ScreeningApi) -> None:
    boy = person(VILLAGE)
    await api.feed.apply(boy)
    person_id = str(boy.aggregate_id)
    at = ["2025-11-01T02:00:00Z", "2025-11-02T02:00:00Z", "2025-11-02T02:00:00Z", "2025-11-04T02:00:00Z"]
    made = [await api.record(person_id=person_id, occurred_at=instant) for instant in at]
    first = (await api.get("/v1/screenings", person=person_id, limit=2, count="exact")).json()
    assert first["total"] == 4
    await api.record(person_id=person_id, occurred_at="2025-11-05T02:00:00Z")
    second = (await api.get("/v1/screenings", person=person_id, limit=2, cursor=first["next"])).json()
    assert (second["next"], second["total"]) == (None, None)
    ids = [item["id"] for item in (*first["items"], *second["items"])]
    assert ids == [made[3]["id"], *sorted((made[1]["id"], made[2]["id"]), reverse=True), made[0]["id"]]
    assert second["items"][-1] == made[0]


async def test_what_the_family_was_told_stays_as_it_was_told(api: ScreeningApi) -> None:
    child = {"weight_kg": 10.4, "length_height_cm": 84.8, "sbp": 190, "dbp": 120}
    record = await api.record(observations=child)
    assert record["summary"]["colour"] == "grey"
    assert [warning["code"] for warning in record["warnings"]] == ["not_judged", "not_judged"]
    path = f"/v1/screenings/{record['id']}"
    assert (await api.get(path)).json() == record
    # A later release would say it in other words: what is stored is what was answered.
    await api.as_owner(
        "SELECT set_config('ilp.areas', 'id', false);"
        f"UPDATE screening SET summary = jsonb_set(summary, '{{sentence,id}}', '\"Dulu.\"') WHERE id = '{record['id']}'"
    )
    for answer in (
        (await api.get(path)).json(),
        (await api.get("/v1/screenings", person=api.child)).json()["items"][0],
    ):
        assert answer["summary"]["sentence"]["id"] == "Dulu."
        assert answer["warnings"] == record["warnings"]
    voided = await api.post(f"{path}/void", {"base_version": 1, "reason": "duplicate"})
    assert voided.json()["summary"]["sentence"]["id"] == "Dulu."
    history = (await api.get(f"{path}/versions")).json()
    assert [version["content"]["summary"]["sentence"]["id"] for version in history] == [
        record["summary"]["sentence"]["id"],
        "Dulu.",
    ]


async def test_by_facility_and_by_open_day(api: ScreeningApi) -> None:
    place = facility(VILLAGE)
    await api.feed.apply(place)
    day = {"facility_id": str(place.aggregate_id), "day": "2025-11-22"}
    open_day = (await api.post("/v1/open-days", day)).json()
    inside = await api.record(facility_id=day["facility_id"], open_day_id=open_day["id"])
    outside = await api.record(facility_id=day["facility_id"])
    by_facility = (await api.get("/v1/screenings", facility=day["facility_id"])).json()
    by_open_day = (await api.get("/v1/screenings", open_day=open_day["id"])).json()
    assert {item["id"] for item in by_facility["items"]} == {inside["id"], outside["id"]}
    assert [item["id"] for item in by_open_day["items"]] == [inside["id"]]
    assert inside["open_day_id"] == open_day["id"]


async def test_a_list_needs_a_filter_and_a_known_cursor(api: ScreeningApi) -> None:
    assert (await api.get("/v1/screenings")).status_code == 422
    for cursor in ("abc", "WyJ4IiwieSJd", "WyIyMDI1LTAxLTAxVDAwOjAwOjAwIiwieSJd"):
        assert (await api.get("/v1/screenings", person=api.child, cursor=cursor)).status_code == 422


async def test_screenings_of_other_areas_do_not_exist(api: ScreeningApi) -> None:
    mine = await api.record()
    for path in (f"/v1/screenings/{mine['id']}", f"/v1/screenings/{mine['id']}/versions"):
        assert (await api.get(path, area=OTHER_VILLAGE)).status_code == 404
        assert (await api.get(path, role="analyst")).status_code == 403
    assert (await api.get("/v1/screenings", person=api.child, area=OTHER_VILLAGE)).json()["items"] == []
    assert (await api.get(f"/v1/screenings/{new_id()}")).status_code == 404


async def test_row_level_security_is_a_second_wall(api: ScreeningApi) -> None:
    mine = await api.record()
    for table in ("screening", "screening_version"):
        query = f"SELECT count(*) AS n FROM {table} WHERE id = $1"
        seen = {
            areas: (await api.rows(query, mine["id"], areas=areas))[0]["n"] for areas in (VILLAGE, OTHER_VILLAGE, "")
        }
        assert seen == {VILLAGE: 1, OTHER_VILLAGE: 0, "": 0}
    assert not await api.rows("SELECT 1 FROM person_copy WHERE person_id = $1", api.child, areas=OTHER_VILLAGE)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await api.rows(
            "INSERT INTO person_copy VALUES ($1, 'male', '2024-01-01', $2, 1) RETURNING 1",
            new_id(),
            VILLAGE,
            areas=OTHER_VILLAGE,
        )


async def test_every_read_of_a_person_is_noted_and_notes_stay(api: ScreeningApi) -> None:
    boy = person(VILLAGE)
    await api.feed.apply(boy)
    mine = await api.record(person_id=str(boy.aggregate_id))
    await api.get("/v1/screenings", person=boy.aggregate_id)
    await api.get(f"/v1/screenings/{mine['id']}", role="nurse")
    await api.get(f"/v1/screenings/{mine['id']}/versions")
    await api.get(f"/v1/screenings/{mine['id']}", area=OTHER_VILLAGE)
    rows = await api.rows(
        "SELECT subject, role, action FROM access_audit WHERE person_id = $1 ORDER BY id", boy.aggregate_id
    )
    assert [tuple(row) for row in rows] == [
        ("dev-midwife-13.76", "midwife", "screenings.list"),
        ("dev-nurse-13.76", "nurse", "screenings.read"),
        ("dev-midwife-13.76", "midwife", "screenings.history"),
    ]
    for statement in ("DELETE FROM access_audit", "UPDATE screening_version SET reason = 'other'"):
        with pytest.raises(asyncpg.RestrictViolationError):
            await api.rows(statement)
