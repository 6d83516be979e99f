"""The situation page through its public door: both languages, unknown versus zero, map, scope, safety of the markup."""

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import pytest

from ilp_monitoring.indicators.loader import definitions
from ilp_monitoring.service import SERVICE
from ilp_monitoring.web.geo.maps import map_of
from tests.service.monitoring.conftest import Monitoring
from tests.service.monitoring.events import CHILD, DAY, NEIGHBOUR, PRESSURE, TALL, TB_NO, VILLAGE, WEIGHED, id_of
from tests.support.api import Issuer, open_api
from tests.support.databases import Databases

VOID = {"meta", "link", "input", "br"}
DRAWN = "13.76.01.1004"


@dataclass
class Page(HTMLParser):
    """A parsed page: its elements with attributes, text by element, and whether tags were closed in order."""

    html: str
    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    open_tags: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.html)
        assert self.open_tags == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open_tags.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open_tags.pop() == tag

    def with_attribute(self, name: str) -> list[dict[str, str | None]]:
        """Return the attributes of all elements that have one."""
        return [attributes for _, attributes in self.elements if name in attributes]

    def cell(self, area: str, indicator: str) -> str:
        """Return the text of a cell of the table."""
        row = self.html.split(f'data-row="{area}"')[1].split("</tr>")[0]
        markup = row.split(f'data-cell="{indicator}"')[1].split("</td>")[0]
        return re.sub(r"<[^>]*>", " ", markup.split(">", 1)[1]).strip()


@pytest.fixture
async def city(monitoring: Monitoring) -> Monitoring:
    """Kota Payakumbuh with three villages; one reported a zero and a number, the others nothing."""
    world = monitoring.world
    await monitoring.feed.apply(
        world.tree("13.76", VILLAGE, NEIGHBOUR, DRAWN),
        world.posyandu("mawar", DRAWN, example=True),
        world.open_day("o", "mawar", village=DRAWN),
        world.open_day("p", "melati", village=NEIGHBOUR),
        world.person("ani", CHILD, DRAWN),
        world.screening("s", "ani", CHILD, TB_NO, PRESSURE, observed=WEIGHED, village=DRAWN),
    )
    return monitoring


async def page_of(city: Monitoring, area: str, *scope: str, **params: str) -> Page:
    """Return a page that was answered with 200."""
    answer = await city.get(f"/wilayah/{area}", *scope, **{"periode": "2026-11", **params})
    assert answer.status_code == 200, answer.text[:500]
    return Page(answer.text.replace("\xa0", " "))


@pytest.mark.parametrize(("lang", "said"), [("id", "Perlu perhatian"), ("en", "Needs attention")])
async def test_the_page_is_whole_in_both_languages(city: Monitoring, lang: str, said: str) -> None:
    page = await page_of(city, "13.76", lang=lang)
    assert page.elements[0] == ("html", {"lang": lang})
    assert said in page.html
    assert ("DATA CONTOH" if lang == "id" else "EXAMPLE DATA") in page.html
    assert len(page.with_attribute("data-card")) == 5
    assert [row["data-row"] for row in page.with_attribute("data-row")] == [VILLAGE, NEIGHBOUR, DRAWN]


async def test_unknown_and_zero_look_different(city: Monitoring) -> None:
    page = await page_of(city, "13.76")
    assert page.cell(DRAWN, "TB_SUSPECT").split() == ["0", "0/1"]
    assert page.cell(NEIGHBOUR, "TB_SUSPECT") == "–"
    assert page.cell(DRAWN, "D_S").endswith("1/" + page.cell(DRAWN, "D_S").rpartition("/")[2])


async def test_posyandu_that_are_awaited_are_named_in_two_lists(city: Monitoring) -> None:
    world = city.world
    await city.feed.apply(world.posyandu("melati", NEIGHBOUR), world.posyandu("<b>anggrek</b>", VILLAGE))
    page = await page_of(city, "13.76")
    blocks = page.html.split('id="awaited"')[1].split("</section>")[0].split("<h3>")
    assert "Sudah buka, belum lapor" in blocks[1]
    assert "melati" in blocks[1]
    assert "Belum punya hari buka" in blocks[2]
    assert "&lt;b&gt;anggrek" in blocks[2]
    assert "posyandu: 3 terdaftar · 2 buka · 1 lapor" in page.html
    assert [bar["data-whole"] for bar in page.with_attribute("data-whole")] == ["no"] * 5
    quiet = (await page_of(city, NEIGHBOUR)).html.split('id="awaited"')[1].split("</section>")[0].split("<h3>")
    assert "melati" in quiet[1]
    assert "Semua posyandu terdaftar punya hari buka." in quiet[2]
    nation = await page_of(city, "id")
    assert "1 dari 1 provinsi ikut" in nation.html
    village = await page_of(city, DRAWN)
    assert [bar["data-whole"] for bar in village.with_attribute("data-whole")] == ["yes"] * 5


async def test_without_a_choice_registered_persons_are_divided_by_and_the_projection_stands_beside(
    city: Monitoring,
) -> None:
    page = await page_of(city, "13.76")
    assert ("option", {"value": "riil", "selected": None}) in page.elements
    assert "terdaftar 1 dari ± 12.000 balita (0,0 %)" in page.html
    assert "penduduk terdaftar 1 dari ± 149.077" in page.html
    assert "sudah lahir pada akhir bulan itu" in page.html


async def test_no_arrow_joins_months_that_cannot_be_compared(city: Monitoring) -> None:
    world = city.world
    await city.feed.apply(
        world.open_day("before", "mawar", DAY.replace(month=10), DRAWN),
        world.screening("b", "ani", CHILD, TALL, observed=WEIGHED, village=DRAWN, day=DAY.replace(month=10)),
    )
    page = await page_of(city, DRAWN)
    changes = re.findall(r'data-part="change">([^<]*)<', page.html)
    assert changes[0] == "Okt belum sebanding (penyebut di bawah 30)"
    assert not [text for text in changes if re.search("[↑↓]", text)]
    await city.feed.apply(*(world.posyandu(f"posyandu {n}", DRAWN) for n in range(4)))
    assert "Okt belum sebanding (1 dari 5 posyandu lapor)" in (await page_of(city, DRAWN)).html


async def test_a_yearly_target_is_met_by_the_persons_of_the_year_so_far(city: Monitoring) -> None:
    page = await page_of(city, DRAWN)
    card = page.html.split('data-card="BP_ADULT"')[1].split("</article>")[0]
    assert "target 91,7 %" in card
    assert "kumulatif Januari–November 2026, skala 0–100 %" in card


async def test_a_country_of_which_little_takes_part_is_not_judged(city: Monitoring) -> None:
    await city.feed.apply(city.world.tree("13.71", "13.71.01.1001"))
    for area in ("13", "id"):
        page = await page_of(city, area, penyebut="proyeksi")
        assert {tag["data-status"] for tag in page.with_attribute("data-status")} <= {
            "few",
            "not_reported",
            "no_denominator",
        }
        assert "kurang" not in page.html.split('class="cards"')[1].split("</section>")[0]
    assert "data-entry" not in page.html


async def test_markup_is_safe_under_the_content_policy_and_relative(city: Monitoring) -> None:
    page = await page_of(city, "13.76")
    for tag, attributes in page.elements:
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
        assert tag != "style"
        if tag == "script":
            assert "src" in attributes or attributes["type"] == "application/json"
        for name in ("href", "src", "action"):
            assert not re.match(r"/|https?:|javascript:", attributes.get(name) or "")
    identities = [attributes["id"] for attributes in page.with_attribute("id")]
    assert len(identities) == len(set(identities))


async def test_the_page_works_below_a_prefix(city: Monitoring) -> None:
    page = await page_of(city, "13.76")
    for attributes in [*page.with_attribute("src"), *page.with_attribute("href")]:
        address = attributes.get("src") or attributes.get("href") or ""
        if address.startswith("../static/"):
            answer = await city.client.get(f"/{address[3:]}")
            assert answer.status_code == 200
            assert "immutable" in answer.headers["cache-control"]
    old = await city.client.get("/static/situation.css", params={"v": "00000000"})
    assert old.headers["cache-control"] == "no-cache"
    assert (await city.client.get("/static/absent.js")).status_code == 404


async def test_the_map_draws_every_child_that_has_an_outline_and_names_the_others(city: Monitoring) -> None:
    page = await page_of(city, "13.76", penyebut="proyeksi")
    drawing = map_of("13.76", [VILLAGE, NEIGHBOUR, DRAWN])
    assert drawing is not None
    children = {VILLAGE, NEIGHBOUR, DRAWN}
    outlines = {path["data-shape"]: path["data-grade"] for path in page.with_attribute("data-shape")}
    assert outlines.keys() == children & drawing.shapes.keys()
    assert outlines[DRAWN] == "0"
    assert outlines[NEIGHBOUR] == "n"
    assert f"Wilayah {VILLAGE}" in page.html.split("Tanpa gambar batas")[1].split("</p>")[0]
    counted = dict(re.findall(r'data-legend="(\w)".*?data-part="count">(\d+)<', page.html, flags=re.S))
    assert counted == {"0": "1", "1": "0", "2": "0", "3": "0", "4": "0", "n": "2", "x": "0"}


async def test_every_level_has_its_page_and_leads_up(city: Monitoring) -> None:
    for area, above in (("id", 0), ("13", 1), ("13.76", 2), ("13.76.01", 3), (DRAWN, 4)):
        page = await page_of(city, area)
        crumbs = page.html.split('class="crumbs"')[1].split("</nav>")[0]
        assert crumbs.count("<a ") == above
    assert 'class="own"' in page.html
    assert not page.with_attribute("data-row")


async def test_the_choice_is_kept_in_the_address_and_the_language_in_a_cookie(city: Monitoring) -> None:
    page = await page_of(city, "13.76", penyebut="riil", indikator="BP_ADULT")
    assert ("option", {"value": "riil", "selected": None}) in page.elements
    assert ("option", {"value": "BP_ADULT", "selected": None}) in page.elements
    link = next(a["href"] for a in page.with_attribute("href") if (a["href"] or "").startswith(DRAWN))
    assert link == f"{DRAWN}?periode=2026-11&penyebut=riil&indikator=BP_ADULT"
    answer = await city.get("/wilayah/13.76", lang="en")
    assert answer.cookies["ilp_lang"] == "en"
    assert answer.headers["content-language"] == "en"
    assert "no-store" in answer.headers["cache-control"]


async def test_the_live_data_is_what_the_page_shows(city: Monitoring) -> None:
    page = await page_of(city, "13.76")
    live = json.loads(page.html.split('id="live-data">')[1].split("</script>")[0])
    asked = {key: live[key] for key in ("period", "denominator", "below")}
    snapshot = (await city.get("/v1/situations/13.76", **asked)).json()
    assert live["indicators"] == [_shown(numbers) for numbers in snapshot["indicators"]]
    assert live["sequence"] == snapshot["sequence"]
    assert [child["code"] for child in snapshot["children"]] == [VILLAGE, NEIGHBOUR, DRAWN]
    files = [a["href"] for a in page.with_attribute("href") if (a["href"] or "").startswith("../v1/situations/13.76")]
    assert len(files) == 2
    for address in files:
        saved = await city.get(f"/{(address or '')[3:]}")
        assert saved.status_code == 200
        assert f"Wilayah {DRAWN}" in saved.text


def _shown(numbers: dict[str, Any]) -> dict[str, Any]:
    """Return numbers as the page shows them: of the year, or of overdue tasks, where the definition has them."""
    tasks = numbers["follow_ups"]
    if tasks is not None:
        opened = {"denominator": tasks["opened"], "denominators": {"opened": tasks["opened"]}}
        judged = {name: tasks[name] for name in ("value", "state", "map_class")}
        previous = numbers["previous"] | {"comparable": False}
        return numbers | opened | judged | {"numerator": tasks["overdue"], "previous": previous}
    return numbers | (numbers["year"] or {})


async def test_overdue_follow_ups_are_shown_in_place_of_open_ones(city: Monitoring) -> None:
    world, today = city.world, datetime.now(UTC).date()
    await city.feed.apply(
        world.task("late", "accepted", village=DRAWN),
        world.task("done", "completed", village=DRAWN),
        world.task("gone", "cancelled", village=DRAWN),
        world.task("waiting", "requested", opened=today + timedelta(days=3), village=DRAWN),
    )
    page = await page_of(city, DRAWN, periode=(today + timedelta(days=3)).strftime("%Y-%m"))
    card = page.html.split('data-card="FOLLOW_UP_OPEN"')[1].split("</article>")[0]
    assert "Tindak lanjut lewat waktu" in card
    assert "lewat waktu 1 · menunggu 1 · kembali 33,3 %" in card
    assert "1 dari 3" in card
    assert 'data-part="kind">tugas dibuka sampai bulan ini<' in card


async def test_outside_the_scope_and_unknown_look_alike_and_lead_home(city: Monitoring) -> None:
    foreign = await city.get("/wilayah/13.76", "14.72")
    unknown = await city.get("/wilayah/99.99", "14.72")
    assert foreign.status_code == unknown.status_code == 404
    for answer in (foreign, unknown):
        page = Page(answer.text)
        assert 'href="../wilayah/14.72"' in page.html
        assert "DATA CONTOH" in page.html
        assert ("a", {"href": "?lang=en", "hreflang": "en", "aria-label": "Bahasa Inggris"}) in page.elements
    nation = Page((await city.get("/wilayah/99.99", "id", lang="en")).text)
    assert "Open this account&#39;s area: Nation" in nation.html
    assert "EXAMPLE DATA" in nation.html
    hostile = await city.get("/wilayah/<script>", "14.72")
    assert hostile.status_code == 404
    assert "<script>" not in hostile.text


async def test_without_sign_in_the_page_says_so(city: Monitoring) -> None:
    answer = await city.client.get("/wilayah/13.76")
    assert answer.status_code == 401
    assert "masuk" in Page(answer.text).html
    home = await city.get("/wilayah", "13.76.01")
    assert (home.status_code, home.headers["location"]) == (307, "wilayah/13.76.01")


BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.mark.parametrize(
    ("address", "status", "said", "root"),
    [
        ("/situasi", 404, "Alamat ini tidak ada", ""),
        ("/wilayah/13.76?periode=kemarin", 422, "periode: Bulan ditulis TTTT-BB, mis. 2026-11.", "../"),
        ("/wilayah/13.76?periode=1999-01", 422, "periode: Bulan harus antara 2020-01 dan ", "../"),
        ("/static/absent.js", 404, "Tidak ada, atau di luar wilayah", "../"),
    ],
)
async def test_whatever_a_browser_is_refused_it_reads_as_a_page(
    city: Monitoring, address: str, status: int, said: str, root: str
) -> None:
    headers = city.issuer.headers("dinas", "13.76")
    answer = await city.client.get(address, headers=headers | BROWSER)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert "Accept" in answer.headers["vary"]
    page = Page(answer.text)
    assert said in page.html
    assert f'href="{root}wilayah"' in page.html
    style = next(tag["href"] for tag in page.with_attribute("rel") if tag["rel"] == "stylesheet")
    assert (await city.client.get(urljoin(address, style))).status_code == 200
    english = await city.client.get(address, headers=headers | BROWSER | {"Cookie": "ilp_lang=en"})
    assert english.headers["content-language"] == "en"
    program = await city.client.get(address, headers=headers | {"Accept": "application/json"})
    assert (program.status_code, program.headers["content-type"]) == (status, "application/problem+json")


async def test_a_browser_that_asks_too_often_reads_a_page_and_when_to_come_back(
    databases: Databases, issuer: Issuer
) -> None:
    slow = {"reads_per_s": 0.001, "burst_s": 1_000}
    async with open_api(SERVICE, await databases.create(SERVICE), issuer, limits=slow) as api:
        headers = issuer.headers("dinas", "13.76") | BROWSER
        answers = [await api.client.get("/wilayah/13.76", headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [404, 429]
    assert int(answers[1].headers["retry-after"]) > 900
    assert "Halaman tidak dapat ditampilkan" in Page(answers[1].text).html


async def test_routes_of_the_api_refuse_as_documents_also_to_browsers(city: Monitoring) -> None:
    answer = await city.client.get("/v1/situations/13.76", headers=BROWSER)
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")


async def test_the_map_says_what_a_tap_does(city: Monitoring) -> None:
    assert "ketuk sekali, untuk ringkasan; klik, atau ketuk lagi, untuk membuka" in (await page_of(city, "13.76")).html


async def test_no_person_reaches_the_page(city: Monitoring) -> None:
    for area in (DRAWN, VILLAGE, "id"):
        assert str(id_of("ani")) not in (await page_of(city, area)).html


@pytest.mark.parametrize(
    ("lang", "time", "what"),
    [
        ("id", "10 Nov 09.00 WIB", "2 penimbangan · 1 pemeriksaan lain"),
        ("en", "10 Nov 09:00 WIB", "2 weighings · 1 other screening"),
    ],
)
async def test_what_came_in_is_said_by_posyandu_and_minute_and_takes_no_room_when_empty(
    monitoring: Monitoring, lang: str, time: str, what: str
) -> None:
    world = monitoring.world
    await monitoring.feed.apply(world.tree("13.76", VILLAGE, NEIGHBOUR), world.posyandu("mawar"))
    assert 'id="fresh" aria-labelledby="fresh-heading" hidden>' in (await page_of(monitoring, "13.76", lang=lang)).html
    await monitoring.feed.apply(
        *(world.screening(name, name, CHILD, TALL, observed=WEIGHED) for name in ("ani", "budi")),
        world.screening("citra", "citra", "1970-01", PRESSURE),
        recorded_at=datetime(2026, 11, 10, 2, 0, 59, tzinfo=UTC),
    )
    for area in ("id", "13.76", VILLAGE):
        page = await page_of(monitoring, area, lang=lang)
        panel = page.html.split('id="fresh"')[1].split("</section>")[0]
        assert not panel.startswith(' aria-labelledby="fresh-heading" hidden')
        said = [text for text in re.sub(r"<[^>]*>", "\n", panel.split("<li")[1].split(">", 1)[1]).split("\n") if text]
        assert said == [time, f"mawar, Wilayah {VILLAGE}", what, "+3"]
    live = json.loads(page.html.split('id="live-data">')[1].split("</script>")[0])["words"]
    assert {"live.weighings", "live.others", "live.screenings", "live.unit", "time.minute"} <= live.keys()


async def test_the_foot_speaks_the_language_of_the_page_and_unverified_targets_say_so_on_their_card(
    city: Monitoring,
) -> None:
    feet = {
        lang: unescape((await page_of(city, "13.76", lang=lang)).html.split('class="foot"')[1]) for lang in ("id", "en")
    }
    for one in definitions().indicators:
        for said in (
            one.look_for,
            one.numerator,
            one.denominator,
            one.origin,
            *([one.target.origin] if one.target else []),
        ):
            assert said.id in feet["id"], one.code
            assert said.en in feet["en"], one.code
            assert said.en == said.id or said.en not in feet["id"], one.code
    for name in ("as_of", "checked_at", "parked"):
        assert name not in feet["id"].split("<script")[0]
    page = await page_of(city, "13.76", lang="id")
    for code in ("D_S", "BP_ADULT"):
        assert "belum diverifikasi" in page.html.split(f'data-card="{code}"')[1].split("</article>")[0]
