"""What a page says of a number, it says once: no chip repeats the sentence beside it, no heading counts twice."""

from datetime import datetime
from html import unescape

import pytest

from ilp_shared.areas import zone_of
from tests.service.monitoring.conftest import Monitoring
from tests.service.monitoring.events import VILLAGE
from tests.service.monitoring.test_page_situation import page_of


@pytest.fixture
async def quiet(monitoring: Monitoring) -> Monitoring:
    """A village whose posyandu reported a visit without any measure, result or task."""
    world = monitoring.world
    await monitoring.feed.apply(
        world.tree("13.76", VILLAGE),
        world.posyandu("mawar"),
        world.open_day("o", "mawar"),
        world.screening("s", "ani", "1970-01"),
    )
    return monitoring


@pytest.mark.parametrize(
    ("lang", "nobody"),
    [
        ("id", {"STUNTING": "belum ada yang diukur", "TB_SUSPECT": "belum ada yang diskrining"}),
        ("en", {"STUNTING": "nobody measured yet", "TB_SUSPECT": "nobody screened yet"}),
    ],
)
async def test_a_ratio_that_says_in_words_that_there_is_nobody_has_no_chip_that_repeats_it(
    quiet: Monitoring, lang: str, nobody: dict[str, str]
) -> None:
    html = (await page_of(quiet, VILLAGE, lang=lang)).html
    for code, words in nobody.items():
        card = html.split(f'data-card="{code}"')[1].split("</article>")[0]
        assert card.split('data-part="ratio">')[1].startswith(f"{words}<")
        assert 'data-part="kind" hidden></span>' in card


@pytest.mark.parametrize(("lang", "words"), [("id", "belum ada tugas dibuka"), ("en", "no task opened yet")])
async def test_without_tasks_nothing_is_said_of_how_many_came_back(quiet: Monitoring, lang: str, words: str) -> None:
    html = (await page_of(quiet, VILLAGE, lang=lang)).html
    card = html.split('data-card="FOLLOW_UP_OPEN"')[1].split("</article>")[0]
    assert card.split('data-part="ratio">')[1].startswith(f"{words}<")
    assert 'data-part="kind" hidden></span>' in card
    assert 'data-part="change"></span>' in card


async def test_a_card_without_a_ratio_has_no_chip(quiet: Monitoring) -> None:
    html = (await page_of(quiet, VILLAGE, periode="2026-09")).html
    assert html.count('data-part="ratio"></span> <span class="chip" data-part="kind" hidden></span>') == 5


async def test_posyandu_are_counted_once_in_the_heading(quiet: Monitoring) -> None:
    for area in ("13.76", VILLAGE):
        heading = (await page_of(quiet, area)).html.split("<h1>")[1].split("<form")[0]
        assert "posyandu: 1 terdaftar" in heading
        assert heading.count("posyandu") == 1


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("id", "menurut daftar hari ini, juga untuk bulan lampau: yang didaftarkan kemudian ikut terhitung"),
        ("en", "by today's register, for past months too: those registered later count as well"),
    ],
)
async def test_a_past_month_says_which_posyandu_are_registered(quiet: Monitoring, lang: str, words: str) -> None:
    def heading(html: str) -> str:
        return unescape(html.split("<h1>")[1].split("<form")[0])

    assert words in heading((await page_of(quiet, VILLAGE, lang=lang, periode="2026-09")).html)
    this_month = f"{datetime.now(zone_of(VILLAGE)):%Y-%m}"
    assert words not in heading((await page_of(quiet, VILLAGE, lang=lang, periode=this_month)).html)


async def test_the_api_document_says_it_too(quiet: Monitoring) -> None:
    schemas = (await quiet.get("/openapi.json")).json()["components"]["schemas"]
    assert "daftar hari ini" in schemas["PreviousNumbers"]["properties"]["units"]["description"]
    assert "didaftarkan kemudian" in schemas["Units"]["properties"]["registered"]["description"]
