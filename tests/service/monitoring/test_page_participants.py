"""Above a regency: while few regencies take part, the page names them and leads there; what is silent stays quiet."""

import re
from html import unescape
from typing import Any

import pytest

from tests.service.monitoring.conftest import Monitoring
from tests.service.monitoring.events import CHILD, PRESSURE, TALL, TB_NO, VILLAGE, WEIGHED
from tests.service.monitoring.test_page_situation import Page, page_of

CITY = "13.76"
SILENT = ("13.71", "13.72", "14.72")
ADULT = "1970-01"


@pytest.fixture
async def beginning(monitoring: Monitoring) -> Monitoring:
    """Four regencies of two provinces, of which one takes part."""
    world = monitoring.world
    await monitoring.feed.apply(
        world.tree(CITY, VILLAGE),
        *(world.tree(code, f"{code}.01.1001") for code in SILENT),
        world.posyandu("mawar", example=True),
        world.open_day("o", "mawar"),
        *(world.person(name, CHILD) for name in ("ani", "budi")),
        world.person("citra", ADULT),
        world.screening("s", "ani", CHILD, TALL, TB_NO, observed=WEIGHED),
        world.screening("t", "citra", ADULT, PRESSURE),
    )
    return monitoring


def strip_of(page: Page) -> str:
    """Return the markup of the strip."""
    return page.html.split('id="participants"')[1].split("</section>")[0]


def said(markup: str) -> str:
    """Return what is read of some markup."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", markup.split(">", 1)[1])).split())


def attention_of(page: Page) -> str:
    """Return the markup of the list of areas that need attention."""
    return page.html.split('aria-labelledby="attention-heading"')[1].split("</section>")[0]


def map_of_page(page: Page) -> str:
    """Return the markup of the map's panel."""
    return page.html.split('class="panel map-panel')[1].split("</section>")[0]


def graded(page: Page) -> dict[str, str]:
    """Return the class of each outline on the map."""
    return {shape["data-shape"] or "": shape["data-grade"] or "" for shape in page.with_attribute("data-shape")}


def legend_of(page: Page) -> dict[str, int]:
    """Return how many areas the legend counts in each class."""
    counts = re.findall(r'data-legend="(\w)".*?data-part="count">(\d+)<', page.html, re.DOTALL)
    return {grade: int(count) for grade, count in counts}


def has_the_numbers_of(regency: dict[str, Any], situation: dict[str, Any]) -> bool:
    """Tell whether a regency is named with the numbers of its own situation."""
    return (regency["units"], regency["indicators"]) == (situation["units"], situation["indicators"])


@pytest.mark.parametrize("choice", ["real", "projected"])
async def test_a_situation_names_the_regencies_that_take_part_with_their_own_numbers(
    beginning: Monitoring, choice: str
) -> None:
    own = await beginning.situation(CITY, denominator=choice)
    assert own["participants"] == []
    for area, regencies in (("13", 3), ("id", 4)):
        situation = await beginning.situation(area, denominator=choice)
        [regency] = situation["participants"]
        assert (regency["code"], regency["name"]) == (CITY, f"Wilayah {CITY}")
        assert has_the_numbers_of(regency, own)
        assert situation["participation"]["regencies"] == regencies
        assert situation["participation"]["regencies_taking_part"] == 1


@pytest.mark.parametrize(
    ("lang", "heading", "status", "units"),
    [
        ("id", "Kabupaten/kota peserta{n} DATA CONTOH", "▼ tindak lanjut", "1 terdaftar · 1 buka · 1 lapor"),
        (
            "en",
            "Participating regencies{n} EXAMPLE DATA",
            "▼ follow up",
            "1 registered · 1 opened · 1 reported",
        ),
    ],
)
async def test_the_page_of_a_province_and_of_the_nation_leads_to_those_that_take_part(
    beginning: Monitoring, lang: str, heading: str, status: str, units: str
) -> None:
    counted = {"id": " (1 dari 4)", "en": " (1 of 4)"}[lang]
    for area, count, province in (("13", "", ""), ("id", counted, "Wilayah 13 · ")):
        page = await page_of(beginning, area, lang=lang)
        strip = strip_of(page)
        assert said(strip).startswith(heading.format(n=count))
        assert strip.count("data-participant") == 1
        assert f'href="{CITY}?periode=2026-11&amp;penyebut=riil&amp;indikator=D_S"' in strip
        percent = "50,0 %" if lang == "id" else "50.0%"
        assert f"Wilayah {CITY} {percent} {province}{status} posyandu: {units}" in said(strip)
    assert (await page_of(beginning, CITY)).html.count("data-participant") == 0


async def test_the_strip_shows_the_indicator_of_the_map(beginning: Monitoring) -> None:
    strip = said(strip_of(await page_of(beginning, "id", indikator="TB_SUSPECT")))
    assert "Terduga TBC, November 2026" in strip
    assert "0 orang Wilayah 13 · ● dipantau, tanpa target" in strip


@pytest.mark.parametrize(
    ("lang", "legend", "sentence", "unjudged"),
    [
        ("id", "belum ikut", "Belum ikut: 1.", "Belum ada wilayah yang dapat dinilai"),
        ("en", "not taking part", "Not taking part yet: 1.", "No area can be judged yet"),
    ],
)
async def test_those_that_do_not_take_part_are_quiet_on_the_map_and_nothing_is_called_fine(
    beginning: Monitoring, lang: str, legend: str, sentence: str, unjudged: str
) -> None:
    page = await page_of(beginning, "id", lang=lang)
    panel = page.html.split('class="panel map-panel quiet"')[1].split("</section>")[0]
    assert legend in said(panel.split('data-legend="n"')[1].split("</label>")[0])
    assert sentence in said(panel)
    assert "data-entry" not in attention_of(page)
    assert unjudged in said(attention_of(page))


async def test_a_month_without_any_report_says_what_would_fill_the_strip(beginning: Monitoring) -> None:
    strip = said(strip_of(await page_of(beginning, "id", periode="2026-09")))
    assert strip.startswith("Kabupaten/kota peserta (0 dari 4)")
    assert "pada September 2026 belum ada posyandu yang lapor" in strip


@pytest.mark.parametrize("month", ["2026-11", "2026-09"])
async def test_what_stays_as_when_the_page_was_opened_says_so_also_where_nothing_is_listed(
    beginning: Monitoring, month: str
) -> None:
    page = await page_of(beginning, "id", periode=month)
    assert said(strip_of(page)).endswith(
        "Daftar dan jumlah yang ikut menurut saat halaman dibuka; angkanya mengikuti pembaruan."
    )
    assert "data-entry" not in attention_of(page)
    assert said(attention_of(page)).endswith("Daftar menurut saat halaman dibuka.")


async def test_a_regency_is_not_said_to_lack_participation_which_it_cannot_have(beginning: Monitoring) -> None:
    few = "penduduk yang ikut masih kurang dari separuh"
    assert few in said(attention_of(await page_of(beginning, "13", periode="2026-09")))
    for area in (CITY, VILLAGE[:8]):
        attention = said(attention_of(await page_of(beginning, area, periode="2026-09")))
        assert "Belum ada wilayah yang dapat dinilai: belum ada yang lapor." in attention
        assert few not in attention


@pytest.mark.parametrize(
    ("area", "silent", "taking_part"), [("13", SILENT[0], CITY), ("id", SILENT[2], CITY)], ids=["province", "nation"]
)
async def test_an_area_of_which_only_a_puskesmas_screened_does_not_take_part(
    beginning: Monitoring, area: str, silent: str, taking_part: str
) -> None:
    """On map, legend, sentence and list as in `participation`; its numbers stay in the table."""
    world, village = beginning.world, f"{silent}.01.1001"
    depth = 2 if area == "id" else 5
    before = await page_of(beginning, area)
    await beginning.feed.apply(
        *(world.person(name, CHILD, village) for name in ("dewi", "eka")),
        world.screening("u", "dewi", CHILD, TALL, observed=WEIGHED, village=village, posyandu="klinik",
                        facility_area=village[:8], facility_kind="puskesmas"),
    )  # fmt: skip
    page, participation = await page_of(beginning, area), (await beginning.situation(area))["participation"]
    missing = participation["areas"] - participation["taking_part"]
    assert f"Belum ikut: {missing}." in said(map_of_page(page))
    assert graded(page)[silent[:depth]] == "n"
    assert graded(page) == graded(before)
    assert legend_of(page) == legend_of(before)
    assert legend_of(page)["n"] == missing
    assert page.cell(silent[:depth], "D_S").split() == ["50,0", "1/2"]
    assert f'data-entry="{silent[:depth]}"' not in attention_of(page)


async def test_where_half_of_the_regencies_take_part_the_map_and_table_name_them(beginning: Monitoring) -> None:
    world, village = beginning.world, "13.71.01.1001"
    await beginning.feed.apply(
        world.posyandu("melati", village), world.open_day("p", "melati", village=village),
        world.screening("u", "dewi", CHILD, TALL, village=village, posyandu="melati", facility_area=village),
    )  # fmt: skip
    for area in ("13", "id"):
        assert (await beginning.situation(area))["participants"] == []
        page = await page_of(beginning, area)
        assert "Kabupaten/kota peserta" not in page.html
        assert "map-panel quiet" not in page.html
        assert "Belum ikut: " not in page.html.split('id="live-data"')[0]


async def test_before_any_report_the_strip_says_how_many_there_are(monitoring: Monitoring) -> None:
    await monitoring.feed.apply(monitoring.world.tree(CITY, VILLAGE))
    assert "Kabupaten/kota peserta (0 dari 1)" in (await page_of(monitoring, "id")).html
    province = await page_of(monitoring, "13")
    assert 'id="participants"' in province.html
    assert province.html.split('id="live-data"')[0].count("0 dari 1") == 1, "said in the heading alone"
    assert 'id="participants"' not in (await page_of(monitoring, CITY)).html
