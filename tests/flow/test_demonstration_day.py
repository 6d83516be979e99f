"""The demonstration day of the five districts on the running platform: counts, exactness, and that it repeats."""

import re

import pytest

from deploy.dev.demo.network import DISTRICTS
from tests.support.platform import Platform
from tests.support.shared_platform import LARGE, SMALL, WHOLE, DayDone

FACILITIES = {
    ("13.76", "puskesmas"): 8,
    ("13.76", "pustu"): 23,
    ("14.72", "puskesmas"): 10,
    ("14.72", "pustu"): 36,
    ("33.75", "puskesmas"): 14,
    ("33.75", "pustu"): 13,
    ("17.05", "puskesmas"): 22,
    ("62.10", "puskesmas"): 17,
}
"""As many as published."""
POSYANDU = {"13.76": {LARGE: 111, WHOLE: 173}, "14.72": {LARGE: 93, WHOLE: 201}}
"""Those of the villages that take part."""


async def facilities(platform: Platform, area: str, kind: str) -> int:
    """Return how many facilities of a kind are registered in an area."""
    query: dict[str, str | int] = {"area": area, "kind": kind, "count": "exact", "limit": 1}
    answer = await platform.client.get("/registry/v1/facilities", params=query, headers=platform.headers("analyst"))
    return int(answer.json()["total"])


@pytest.mark.backends
@pytest.mark.parametrize(("area", "kind"), FACILITIES)
async def test_facilities_are_as_many_as_published(
    platform: Platform, large_day: DayDone, area: str, kind: str
) -> None:
    assert await facilities(platform, area, kind) == FACILITIES[area, kind]


@pytest.mark.backends
async def test_posyandu_are_those_of_the_villages_that_take_part(
    platform: Platform, large_day: DayDone, thorough: bool
) -> None:
    registered = {area: await facilities(platform, area, "posyandu") for area in POSYANDU}
    assert registered == {area: expected[WHOLE if thorough else LARGE] for area, expected in POSYANDU.items()}


@pytest.mark.backends
async def test_every_cell_is_what_the_archive_says(platform: Platform, large_day: DayDone) -> None:
    code, report = await platform.recount()
    assert code == 0, report


@pytest.mark.backends
async def test_every_district_shows_every_indicator(platform: Platform, large_day: DayDone) -> None:
    period = f"{large_day.day:%Y-%m}"
    for district in DISTRICTS:
        for indicator in ("D_S", "STUNTING", "BP_ADULT", "FOLLOW_UP_OPEN"):
            assert large_day.cells[indicator, period, district.code][0] > 0, (indicator, district.code)
    stunted, measured = large_day.cells["STUNTING", period, "14.72"]
    assert 0.08 < stunted / measured < 0.24


@pytest.mark.backends
async def test_the_cluster_of_danger_signs_stands_out(large_day: DayDone) -> None:
    period = f"{large_day.day:%Y-%m}"
    suspects = {
        area: numbers[0]
        for (indicator, when, area), numbers in large_day.cells.items()
        if (indicator, when) == ("TB_SUSPECT", period) and area.startswith("13.76.") and area.count(".") == 3
    }
    most, second = sorted(suspects.values(), reverse=True)[:2]
    assert most > 2 * second


@pytest.mark.backends
async def test_a_day_sent_again_adds_nothing(platform: Platform, large_day: DayDone) -> None:
    before = [await platform.count(service, "event_log") for service in ("registry", "screening", "cluster_services")]
    output = await platform.play_day(DATE=large_day.day, SCALE=SMALL)
    await platform.settled()
    assert before == [
        await platform.count(service, "event_log") for service in ("registry", "screening", "cluster_services")
    ]
    assert re.search(r"done: 0 diterima", output)
    assert await platform.cells(*(district.code for district in DISTRICTS)) == large_day.cells
