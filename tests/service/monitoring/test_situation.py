"""The snapshot: denominators, completeness, unknown versus zero, areas, scope, and the files it can be saved as."""

import csv
import io

import pytest

from tests.service.monitoring.conftest import Monitoring
from tests.service.monitoring.events import (
    ABROAD,
    ADULT,
    CHILD,
    DAY,
    ELDER,
    ELSEWHERE,
    NEIGHBOUR,
    PRESSURE,
    SHORT,
    TALL,
    VILLAGE,
    WEIGHED,
)


@pytest.fixture
async def city(monitoring: Monitoring) -> Monitoring:
    """Kota Payakumbuh with three villages, and Kota Dumai with one."""
    world = monitoring.world
    trees = world.tree("13.76", VILLAGE, NEIGHBOUR, ELSEWHERE), world.tree("14.72", ABROAD)
    await monitoring.feed.apply(*trees)
    return monitoring


async def test_projected_sizes_follow_the_published_population_and_add_up(city: Monitoring) -> None:
    regency = (await city.numbers("13.76", "D_S"))["denominators"]["projected"]
    # 149,077 persons (Dukcapil, semester II 2024) × 23,109,641 / 287,089,641 (WPP 2019, 2025, ages 0-4) = 12,000.1
    assert regency == 12_000
    villages = [(await city.numbers(v, "D_S"))["denominators"]["projected"] for v in (VILLAGE, NEIGHBOUR, ELSEWHERE)]
    assert sum(villages) == regency
    assert max(villages) - min(villages) <= 1
    national = (await city.numbers("id", "D_S"))["denominators"]["projected"]
    assert national == regency + (await city.numbers("14.72", "D_S"))["denominators"]["projected"]
    adults = (await city.numbers("13.76", "BP_ADULT"))["denominators"]["projected"]
    # ages 20 and over and two fifths of 15-19: 149,077 × 202,480,642.6 / 287,089,641 = 105,142.1
    assert adults == 105_142


async def test_a_tree_published_again_moves_sizes_and_keeps_sums(city: Monitoring) -> None:
    before = (await city.numbers("id", "BP_ADULT"))["denominators"]["projected"]
    await city.feed.apply(city.world.tree("13.76", VILLAGE, ELSEWHERE, "13.76.03.1001", "13.76.03.1002"))
    assert (await city.numbers("id", "BP_ADULT"))["denominators"]["projected"] == before
    assert (await city.get(f"/v1/situations/{NEIGHBOUR}")).status_code == 404
    children = [child["code"] for child in (await city.situation("13.76"))["children"]]
    assert children == ["13.76.01", "13.76.02", "13.76.03"]


async def test_real_denominators_are_registered_residents_of_the_age_group(city: Monitoring) -> None:
    world = city.world
    await city.feed.apply(
        world.posyandu("mawar"),
        world.open_day("o", "mawar"),
        world.person("ani", CHILD),
        world.person("budi", CHILD, NEIGHBOUR),
        world.person("moved away", CHILD, active=False),
        world.person("citra", ADULT),
        world.person("dewi", ELDER),
        world.screening("s", "ani", CHILD, observed=WEIGHED),
    )
    numbers = await city.numbers("13.76", "D_S", denominator="real")
    assert (numbers["numerator"], numbers["denominator"], numbers["denominator_kind"]) == (1, 2, "real")
    assert numbers["value"] == 50
    assert (await city.numbers("13.76", "BP_ADULT"))["denominators"]["real"] == 2
    assert (await city.numbers("13.76", "BP_ADULT", "2026-10"))["denominators"]["real"] == 1
    await city.feed.apply(world.person("ani", CHILD, ABROAD))
    assert (await city.numbers("13.76", "D_S"))["denominators"]["real"] == 1
    assert (await city.numbers("14", "D_S"))["denominators"]["real"] == 1
    assert (await city.numbers("id", "D_S"))["denominators"]["real"] == 2


async def test_a_month_never_counts_a_child_born_after_it(city: Monitoring) -> None:
    world = city.world
    await city.feed.apply(
        world.person("ani", "2026-10"),
        world.person("budi", "2026-11"),
        world.screening("s", "ani", "2026-10", observed=WEIGHED, day=DAY.replace(month=10, day=20)),
    )
    registered = {
        month: (await city.numbers("13.76", "D_S", month))["denominators"]["real"]
        for month in ("2026-09", "2026-10", "2026-11", "2026-12")
    }
    assert registered == {"2026-09": 0, "2026-10": 1, "2026-11": 2, "2026-12": 2}
    page = (await city.get("/v1/cells", area="13.76", indicator="D_S", period="2026-10")).json()
    assert {cell["denominators"]["real"] for cell in page["items"]} == {1}
    situation = await city.situation("13.76", "2026-10")
    assert "sudah lahir pada akhir bulan itu" in situation["registered_means"]["id"]
    assert situation["registered_means"] == (await city.get("/v1/indicators")).json()["registered_means"]


async def test_completeness_counts_posyandu_with_an_open_day_that_reported(city: Monitoring) -> None:
    world = city.world
    await city.feed.apply(
        world.open_day("o1", "mawar"),
        world.open_day("o2", "mawar", day=DAY.replace(day=20)),
        world.open_day("o3", "melati"),
        world.open_day("o4", "kenanga", village=NEIGHBOUR, cancelled=True),
        world.screening("s1", "ani", CHILD, TALL, posyandu="mawar"),
        world.screening("s2", "budi", CHILD, TALL, posyandu="kenanga"),
    )
    assert (await city.situation("13.76"))["completeness"] == {"reported": 1, "expected": 2}
    assert (await city.numbers("13.76", "STUNTING"))["state"] == "partial"
    await city.feed.apply(world.screening("s3", "citra", CHILD, SHORT, posyandu="melati"))
    assert (await city.situation(VILLAGE))["completeness"] == {"reported": 2, "expected": 2}
    assert (await city.numbers("13.76", "STUNTING"))["state"] == "reported"
    await city.feed.apply(world.void("s1", "ani"))
    assert (await city.situation("id"))["completeness"] == {"reported": 1, "expected": 2}


async def test_screenings_without_an_open_day_never_count_as_reported(city: Monitoring) -> None:
    """Case D28."""
    world = city.world
    names = ("mawar", "melati", "kenanga", "anggrek")
    await city.feed.apply(
        *(world.posyandu(name) for name in names),
        *(world.person(f"child of {name}", CHILD) for name in names),
        *(world.screening(f"s {n}", f"child of {n}", CHILD, TALL, observed=WEIGHED, posyandu=n) for n in names),
    )
    for area in (VILLAGE, "13.76.01", "13.76", "13", "id"):
        situation = await city.situation(area)
        assert situation["units"] == {"registered": 4, "opened": 0, "reported": 0}
        assert situation["completeness"] == {"reported": 0, "expected": 0}
        assert {i["code"]: i["state"] for i in situation["indicators"]}["D_S"] == "partial"
    export = (await city.get("/v1/cells", area=VILLAGE, indicator="D_S")).json()["items"][0]
    assert (export["registered"], export["expected"], export["reported"]) == (4, 0, 0)
    awaited = (await city.situation("13.76"))["awaited"]
    assert [unit["name"] for unit in awaited["not_opened"]] == sorted(names)
    assert awaited["not_reported"] == []


async def test_posyandu_are_registered_opened_and_reported_at_every_level(city: Monitoring) -> None:
    world = city.world
    await city.feed.apply(
        world.posyandu("mawar"), world.posyandu("melati"), world.posyandu("kenanga", NEIGHBOUR),
        world.open_day("o1", "mawar"), world.open_day("o2", "melati"),
        world.screening("s1", "ani", CHILD, TALL, posyandu="mawar"),
    )  # fmt: skip
    situation = await city.situation("13.76", below="village")
    assert situation["units"] == {"registered": 3, "opened": 2, "reported": 1}
    assert {child["code"]: list(child["units"].values()) for child in situation["children"]} == {
        VILLAGE: [2, 2, 1], NEIGHBOUR: [1, 0, 0], ELSEWHERE: [0, 0, 0],
    }  # fmt: skip
    waiting = {kind: [unit["name"] for unit in units] for kind, units in situation["awaited"].items()}
    assert waiting == {"not_reported": ["melati"], "not_opened": ["kenanga"]}
    assert situation["awaited"]["not_opened"][0]["area_name"] == f"Wilayah {NEIGHBOUR}"
    assert (await city.situation("13"))["awaited"] == {"not_reported": [], "not_opened": []}
    await city.feed.apply(world.posyandu("kenanga", ABROAD))
    moved = [(await city.situation(area))["units"]["registered"] for area in ("13.76", "14.72", "id")]
    assert moved == [2, 1, 3]


async def test_a_posyandu_in_a_part_of_a_village_is_awaited_in_the_village(city: Monitoring) -> None:
    await city.feed.apply(city.world.posyandu("dusun", f"{VILLAGE}.RW-03", example=True))
    [unit] = (await city.situation("13.76"))["awaited"]["not_opened"]
    assert (unit["area_code"], unit["area_name"]) == (VILLAGE, f"Wilayah {VILLAGE}")
    page = await city.get("/wilayah/13.76")
    assert f'href="{VILLAGE}?' in page.text
    assert (await city.get(f"/wilayah/{unit['area_code']}")).status_code == 200


async def test_example_data_mark_every_area_of_the_system_and_the_description_says_so(city: Monitoring) -> None:
    """People are made up too, also where no facility is: no page of such a system may look real."""
    await city.feed.apply(city.world.posyandu("mawar", example=True))
    assert (await city.situation("14.72"))["example_data"] is True
    field = city.app.openapi()["components"]["schemas"]["Situation"]["properties"]["example_data"]
    assert "di mana pun dalam sistem ini" in field["description"]


async def test_months_are_compared_only_when_both_are_whole_and_large_enough(city: Monitoring) -> None:
    world, before = city.world, DAY.replace(month=10)
    children = [f"child {n}" for n in range(30)]
    await city.feed.apply(
        world.posyandu("mawar"),
        *(world.person(name, CHILD) for name in children),
        *(world.open_day(f"o {day}", "mawar", day) for day in (before, DAY)),
        *(
            world.screening(f"{name} {day}", name, CHILD, observed=WEIGHED, day=day)
            for name in children
            for day in (before, DAY)
        ),
    )
    numbers = await city.numbers("13.76", "D_S")
    assert (numbers["previous"]["comparable"], numbers["previous"]["units"]["reported"]) == (True, 1)
    assert numbers["previous"]["reason"] is None
    assert (await city.numbers("13.76", "STUNTING"))["previous"]["comparable"] is False
    await city.feed.apply(world.posyandu("melati"))
    before = (await city.numbers("13.76", "D_S"))["previous"]
    assert (before["comparable"], before["reason"]) == (False, "few_before")


async def test_coverage_of_the_year_counts_each_adult_once(city: Monitoring) -> None:
    world = city.world
    adults = ("ani", "budi")

    async def so_far(area: str, month: str) -> tuple[int, int]:
        numbers = await city.numbers(area, "BP_ADULT", month)
        return numbers["numerator"], numbers["year"]["numerator"]

    await city.feed.apply(
        *(world.person(name, ELDER) for name in adults),
        world.screening("march", "ani", ELDER, PRESSURE, day=DAY.replace(month=3)),
        world.screening("july", "ani", ELDER, PRESSURE, day=DAY.replace(month=7), village=NEIGHBOUR),
        world.screening("budi", "budi", ELDER, PRESSURE, day=DAY.replace(month=7)),
        world.screening("earlier", "budi", ELDER, PRESSURE, day=DAY.replace(year=2025)),
    )
    months = ("2025-12", "2026-02", "2026-03", "2026-07", "2026-11")
    assert [await so_far("13.76", month) for month in months] == [(0, 1), (0, 0), (1, 1), (2, 2), (0, 2)]
    assert [await so_far(area, "2026-11") for area in (VILLAGE, NEIGHBOUR, "id")] == [(0, 2), (0, 0), (0, 2)]
    year = (await city.numbers("13.76", "BP_ADULT"))["year"]
    assert (year["value"], year["target"], year["state"]) == (100, 91.66, "partial")
    assert (year["previous"]["numerator"], year["previous"]["period"]) == (2, "2026-10")
    await city.feed.apply(world.void("march", "ani"))
    assert [await so_far(area, "2026-11") for area in (VILLAGE, NEIGHBOUR, "id")] == [(0, 1), (0, 1), (0, 2)]
    assert (await city.numbers("13.76", "D_S"))["year"] is None


async def test_registered_is_the_default_and_says_of_how_many(city: Monitoring) -> None:
    await city.feed.apply(city.world.person("ani", CHILD), city.world.person("later", "2026-12"))
    situation = await city.situation("13.76")
    assert situation["denominator"] == "real"
    assert situation["persons"] == {"registered": 1, "projected": 149_077}
    assert situation["participation"] is None
    assert (await city.situation("13.76", denominator="projected"))["denominator"] == "projected"


async def test_a_province_says_how_much_of_it_takes_part(city: Monitoring) -> None:
    world = city.world
    await city.feed.apply(
        world.tree("13.71", "13.71.01.1001"), world.posyandu("mawar"), world.open_day("o", "mawar"),
        world.screening("s", "ani", CHILD, TALL),
    )  # fmt: skip
    province, nation = await city.situation("13"), await city.situation("id")
    share = province["participation"]
    assert (share["areas"], share["taking_part"], share["projected"]["everyone"]) == (2, 1, 149_077)
    assert 0 < share["population_percent"] < 50
    assert (nation["participation"]["areas"], nation["participation"]["taking_part"]) == (2, 1)
    assert nation["children"][0]["participation"] == share


async def test_unknown_is_not_zero(city: Monitoring) -> None:
    silent = await city.numbers(VILLAGE, "STUNTING")
    assert (silent["value"], silent["state"], silent["map_class"]) == (None, "not_reported", None)
    assert (await city.numbers(VILLAGE, "D_S"))["value"] is None
    await city.feed.apply(
        city.world.open_day("o1", "mawar"), city.world.screening("s1", "ani", ELDER, PRESSURE), city.world.posyandu("x")
    )
    assert (await city.numbers(VILLAGE, "STUNTING"))["state"] == "no_denominator"
    weighed = await city.numbers(VILLAGE, "D_S", denominator="projected")
    assert (weighed["value"], weighed["state"], weighed["map_class"]) == (0, "reported", 0)


async def test_a_situation_names_its_area_and_how_fresh_it_is(city: Monitoring) -> None:
    before = await city.situation("13.76")
    events = await city.feed.apply(city.world.posyandu("mawar", example=True), city.world.open_day("o", "mawar"))
    situation = await city.situation("13.76")
    assert [a["code"] for a in situation["area"]["lineage"]] == ["id", "13", "13.76"]
    assert situation["area"]["facilities"] == {"puskesmas": 0, "pustu": 0, "posyandu": 1}
    assert situation["example_data"] is True
    assert before["example_data"] is False
    assert situation["sequence"] == before["sequence"] + 1
    assert situation["as_of"] == max(e.recorded_at for e in events).isoformat().replace("+00:00", "Z")
    assert situation["periods"] == ["2026-11"]
    assert (await city.situation(VILLAGE))["children"] == []


async def test_an_area_outside_the_scope_does_not_exist(city: Monitoring) -> None:
    for area in ("13.76", "14.72", "id", "13"):
        inside = area == "13.76"
        for path in (f"/v1/situations/{area}", f"/v1/situations/{area}/csv", f"/v1/cells?area={area}"):
            assert (await city.get(path, "13.76")).status_code == (200 if inside else 404), path
        if not inside:
            assert (await city.get(f"/v1/situations/{area}/stream", "13.76")).status_code == 404
    assert (await city.get("/v1/situations/13.76.99")).status_code == 404
    assert (await city.get("/v1/situations/13.76.99/stream")).status_code == 404
    assert (await city.get("/v1/situations/not-a-code")).status_code == 422
    assert (await city.client.get("/v1/situations/13.76")).status_code == 401


async def test_villages_can_be_listed_in_place_of_districts_up_to_a_regency(city: Monitoring) -> None:
    await city.feed.apply(city.world.screening("s1", "ani", CHILD, SHORT, observed=WEIGHED))
    usual = await city.situation("13.76")
    assert ([child["code"] for child in usual["children"]], usual["below"]) == (["13.76.01", "13.76.02"], "children")
    by_village = await city.situation("13.76", below="village")
    assert [child["code"] for child in by_village["children"]] == [VILLAGE, NEIGHBOUR, ELSEWHERE]
    assert by_village["indicators"] == usual["indicators"]
    for child in by_village["children"]:
        assert child["indicators"] == (await city.situation(child["code"]))["indicators"]
    district = await city.situation("13.76.01", below="village")
    assert district["children"] == (await city.situation("13.76.01"))["children"]
    assert (await city.situation(VILLAGE, below="village"))["children"] == []
    file = await city.get("/v1/situations/13.76/csv", period="2026-11", below="village")
    assert {r["area_code"] for r in csv.DictReader(io.StringIO(file.text))} == {"13.76", VILLAGE, NEIGHBOUR, ELSEWHERE}
    for area in ("id", "13"):
        for path in ("", "/csv", "/stream"):
            refused = await city.get(f"/v1/situations/{area}{path}", below="village")
            assert (refused.status_code, refused.json()["type"]) == (422, "urn:ilp:problem:invalid-input")
    assert (await city.get("/v1/situations/13.76", below="household")).status_code == 422


async def test_definitions_say_what_every_number_means(city: Monitoring) -> None:
    definitions = (await city.get("/v1/indicators")).json()
    numbers = (await city.situation("13.76"))["indicators"]
    assert [i["code"] for i in definitions["indicators"]] == [i["code"] for i in numbers]
    target = definitions["indicators"][0]["target"]
    assert (target["value"], target["verified"]) == (80, False)


async def test_export_as_csv_and_in_pages(city: Monitoring) -> None:
    await city.feed.apply(
        city.world.screening("s1", "ani", CHILD, SHORT, observed=WEIGHED),
        city.world.screening("s2", "budi", ELDER, PRESSURE, village=NEIGHBOUR),
    )
    file = await city.get("/v1/situations/13.76/csv", period="2026-11")
    rows = list(csv.DictReader(io.StringIO(file.text)))
    assert {(r["area_code"], r["indicator"], r["numerator"]) for r in rows} >= {
        ("13.76", "STUNTING", "1"),
        ("13.76.01", "BP_ADULT", "1"),
        ("13.76.02", "STUNTING", ""),
    }
    everything, cursor = [], None
    for _ in range(20):
        params: dict[str, str] = {"cursor": cursor} if cursor else {}
        page = (await city.get("/v1/cells", area="13.76", limit="3", count="exact", **params)).json()
        everything += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(everything) == page["total"] == 9
    assert {c["area_code"] for c in everything} == {"13.76", "13.76.01", VILLAGE, NEIGHBOUR}
    headers = {**city.issuer.headers("analyst"), "Accept": "text/csv"}
    table = await city.client.get("/v1/cells?area=13.76&indicator=STUNTING", headers=headers)
    assert table.headers["content-type"].startswith("text/csv")
    assert len(table.text.splitlines()) == 4


async def test_latest_recount_is_shown_once_there_is_one(city: Monitoring) -> None:
    assert (await city.get("/v1/recounts/latest")).status_code == 404
    async with city.resources.database.pool.acquire() as conn:
        await conn.execute(
            "INSERT INTO recount_run (at, cells, events, differences, duration_s, detail)"
            " VALUES (now(), 12, 34, 0, 0.5, '{}')"
        )
    latest = (await city.get("/v1/recounts/latest", role="operator")).json()
    assert (latest["cells"], latest["events"], latest["differences"]) == (12, 34, 0)
    assert (latest["regencies"], latest["regencies_compared"], latest["all_since"]) == (None, None, None)
    assert (await city.situation("id"))["recount"]["cells"] == 12
