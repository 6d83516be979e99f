"""Numbers as files: for programs as ever, for spreadsheets by `format=excel`; the next page by a documented header."""

import csv
import io
import re

import pytest

from tests.service.monitoring.conftest import Monitoring
from tests.service.monitoring.events import DAY, ELDER, MONTH, PRESSURE, SHORT, TALL, VILLAGE, WEIGHED

SITUATION = "/v1/situations/13.76/csv"


@pytest.fixture
async def city(monitoring: Monitoring) -> Monitoring:
    """Provide three children of one village, one of them stunted."""
    world = monitoring.world
    children = [
        world.screening(f"s{n}", f"anak {n}", "2024-03", SHORT if n == 0 else TALL, observed=WEIGHED) for n in range(3)
    ]
    await monitoring.feed.apply(world.tree("13.76", VILLAGE), world.posyandu("mawar", VILLAGE), *children)
    return monitoring


async def test_the_file_for_spreadsheets(city: Monitoring) -> None:
    file = await city.get(SITUATION, period=MONTH, format="excel")
    assert file.content.startswith(b"\xef\xbb\xbfarea_code;area_name;")
    rows = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig")), delimiter=";"))
    [stunting] = [row for row in rows if (row["area_code"], row["indicator"]) == ("13.76", "STUNTING")]
    assert (stunting["numerator"], stunting["denominator"]) == ("1", "3")
    assert re.fullmatch(r"33,3\d*", stunting["value"])
    assert re.fullmatch(r"v[0-9.]+", stunting["definition"])


async def test_the_file_for_programs_is_as_ever(city: Monitoring) -> None:
    file = await city.get(SITUATION, period=MONTH)
    assert file.content.startswith(b"area_code,area_name,level,period,indicator,definition_version,")
    rows = list(csv.DictReader(io.StringIO(file.text)))
    [stunting] = [row for row in rows if (row["area_code"], row["indicator"]) == ("13.76", "STUNTING")]
    assert float(stunting["value"]) == pytest.approx(100 / 3, abs=0.1)
    assert stunting["definition"] == f"v{stunting['definition_version']}"
    assert (await city.get(SITUATION, period=MONTH, format="csv")).content == file.content
    assert (await city.get(SITUATION, period=MONTH, format="xlsx")).status_code == 422


async def test_the_file_holds_what_the_page_shows(city: Monitoring) -> None:
    """Coverage of the year, follow-ups by today's date and people, beside the numbers of the month."""
    world = city.world
    await city.feed.apply(
        world.person("ani", ELDER),
        world.screening("march", "ani", ELDER, PRESSURE, day=DAY.replace(month=3)),
        world.task("late", "requested", opened=DAY.replace(year=2025)),
        world.task("done", "completed", opened=DAY),
    )
    situation = await city.situation("13.76")
    rows = list(csv.DictReader(io.StringIO((await city.get(SITUATION, period=MONTH)).text)))
    by_code = {row["indicator"]: row for row in rows if row["area_code"] == "13.76"}
    year = next(one["year"] for one in situation["indicators"] if one["code"] == "BP_ADULT")
    assert (year["numerator"], year["value"], year["target"]) == (1, 100.0, 91.66)
    named = [by_code["BP_ADULT"][f"year_{name}"] for name in ("numerator", "value", "state", "target")]
    assert named == [str(year[name]) for name in ("numerator", "value", "state", "target")]
    tasks = next(one["follow_ups"] for one in situation["indicators"] if one["code"] == "FOLLOW_UP_OPEN")
    assert (tasks["opened"], tasks["overdue"]) == (2, 1)
    counts = [by_code["FOLLOW_UP_OPEN"][f"tasks_{name}"] for name in ("opened", "returned", "waiting", "overdue")]
    assert counts == [str(tasks[name]) for name in ("opened", "returned", "waiting", "overdue")]
    assert [by_code["FOLLOW_UP_OPEN"][f"overdue_{name}"] for name in ("value", "state")] == ["50.0", tasks["state"]]
    assert {row["persons_registered"] for row in by_code.values()} == {"1"}
    assert by_code["D_S"]["denominator_projected"] == "12000"
    assert by_code["D_S"]["year_numerator"] == by_code["D_S"]["tasks_opened"] == ""


async def test_the_export_holds_the_year_and_the_follow_ups(city: Monitoring) -> None:
    world = city.world
    await city.feed.apply(
        world.screening("march", "ani", ELDER, PRESSURE, day=DAY.replace(month=3)),
        world.screening("again", "ani", ELDER, PRESSURE),
        world.task("late", "requested", opened=DAY.replace(year=2025)),
        world.task("done", "completed", opened=DAY),
    )
    cells = {
        cell["indicator"]: cell
        for cell in (await city.get("/v1/cells", area="13.76", period=MONTH)).json()["items"]
        if cell["area_code"] == "13.76"
    }
    assert (cells["BP_ADULT"]["year"], cells["BP_ADULT"]["follow_ups"]) == (1, None)
    counts = {"opened": 2, "returned": 1, "waiting": 0, "overdue": 1}
    assert (cells["FOLLOW_UP_OPEN"]["year"], cells["FOLLOW_UP_OPEN"]["follow_ups"]) == (None, counts)
    rows = csv.DictReader(io.StringIO((await city.get("/v1/cells", area="13.76", period=MONTH, format="csv")).text))
    by_code = {row["indicator"]: row for row in rows if row["area_code"] == "13.76"}
    assert by_code["BP_ADULT"]["year_numerator"] == "1"
    assert {name: int(by_code["FOLLOW_UP_OPEN"][f"tasks_{name}"]) for name in counts} == counts


async def test_a_sum_over_a_file_of_one_row_for_each_number_counts_each_once(city: Monitoring) -> None:
    asked = {"area": "13.76", "period": MONTH}
    cells = (await city.get("/v1/cells", **asked)).json()["items"]

    async def rows(**more: str) -> list[dict[str, str]]:
        text = (await city.get("/v1/cells", **asked, format="csv", **more)).text
        return list(csv.DictReader(io.StringIO(text)))

    once, by_denominator = await rows(rows="cell"), await rows()
    assert sum(int(row["numerator"]) for row in once) == sum(cell["numerator"] for cell in cells)
    assert [(row["area_code"], row["indicator"]) for row in once] == [
        (cell["area_code"], cell["indicator"]) for cell in cells
    ]
    assert len(by_denominator) == sum(len(cell["denominators"]) for cell in cells) > len(once)
    weighed = next(row for row in once if (row["area_code"], row["indicator"]) == ("13.76", "D_S"))
    assert (weighed["denominator_kind"], weighed["denominator"]) == ("real", weighed["denominator_real"])
    assert weighed["denominator_projected"] == "12000"
    situation = await city.situation("13.76")
    assert weighed["area_name"] == situation["area"]["name"]
    assert (weighed["indicator_name"], weighed["unit"]) == ("Balita ditimbang (D/S)", "percent")
    states = {one["code"]: one["state"] for one in situation["indicators"]}
    assert {row["indicator"]: row["state"] for row in once if row["area_code"] == "13.76"} == {
        cell["indicator"]: states[cell["indicator"]] for cell in cells if cell["area_code"] == "13.76"
    }


async def test_the_pages_of_an_export_are_linked(city: Monitoring) -> None:
    whole = (await city.get("/v1/cells", area="13.76", format="csv")).text.splitlines()
    lines, address = [], "/v1/cells?area=13.76&format=csv&limit=2"
    for _ in range(len(whole)):
        page = await city.client.get(address, headers=city.issuer.headers("analyst"))
        lines += page.text.splitlines()[1:]
        link = page.headers.get("link")
        assert (link is None) == ("x-next-cursor" not in page.headers)
        if link is None:
            break
        address = str(page.url.join(re.fullmatch(r'<(.+)>; rel="next"', link)[1]))  # type: ignore[index]  # it matches
    assert lines == whole[1:]


async def test_the_header_of_the_next_page_is_documented_and_a_limit_is_named(city: Monitoring) -> None:
    answer = city.app.openapi()["paths"]["/v1/cells"]["get"]["responses"]["200"]
    assert set(answer["headers"]) == {"Link", "X-Next-Cursor"}
    assert set(answer["content"]) == {"application/json", "text/csv"}
    refusal = await city.get("/v1/cells", area="13.76", limit="501")
    [error] = refusal.json()["errors"]
    assert (refusal.status_code, error["pointer"]) == (422, "/query/limit")
    assert "500" in error["message"]["id"]
    assert "500" in error["message"]["en"]


async def test_the_file_of_a_nation_that_begins_holds_the_regencies_that_the_page_names(city: Monitoring) -> None:
    """Each area once: of a province they are among those below it."""
    await city.feed.apply(
        city.world.open_day("o", "mawar"),
        *(city.world.tree(code, f"{code}.01.1001") for code in ("13.71", "13.72", "14.72")),
    )
    for area, levels in (("id", ["nation", "province", "province", "regency"]), ("13", ["province", *["regency"] * 3])):
        situation = await city.situation(area)
        [regency] = situation["participants"]
        rows = list(csv.DictReader(io.StringIO((await city.get(f"/v1/situations/{area}/csv", period=MONTH)).text)))
        of_one = [row for row in rows if row["indicator"] == "STUNTING"]
        assert [row["level"] for row in of_one] == levels
        [own] = [row for row in of_one if row["area_code"] == regency["code"]]
        numbers = next(one for one in regency["indicators"] if one["code"] == "STUNTING")
        assert (own["area_name"], own["numerator"], own["denominator"]) == (regency["name"], "1", "3")
        assert float(own["value"]) == numbers["value"]
        assert own["posyandu_reported"] == str(regency["units"]["reported"])
