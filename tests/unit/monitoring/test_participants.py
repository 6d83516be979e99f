"""The page of a nation that begins: the regencies taking part by name and province, the silent ones quiet."""

import re
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest

from ilp_monitoring.indicators.loader import definitions
from ilp_monitoring.rules.participation import Regency, share_of
from ilp_monitoring.situations.areas import (
    AreaHead,
    AreaRef,
    AwaitedUnits,
    Completeness,
    FacilityCounts,
    Participation,
    Persons,
    Units,
)
from ilp_monitoring.situations.numbers import Numbers
from ilp_monitoring.situations.schemas import ChildArea, ParticipatingRegency, Situation
from ilp_monitoring.web.frame import Frame, as_shown, in_month
from ilp_monitoring.web.i18n import words_in
from ilp_monitoring.web.rendering import render_situation
from ilp_shared.text import Language

NOW, MONTH = datetime(2026, 11, 20, tzinfo=UTC), "2026-11"
PLACE: dict[str, Any] = {"lat": None, "lng": None}
UNITS, COMPLETE = Units(registered=2, opened=2, reported=1), Completeness(reported=1, expected=2)


def numbers(reporting: list[str]) -> Numbers:
    """Return numbers of regencies in which half of 40 children were weighed."""
    return Numbers(
        period=MONTH,
        previous="2026-10",
        cells={(code, MONTH, "D_S"): (20, 0) for code in reporting},
        completeness={(code, MONTH): (2, 1) for code in reporting},
        projected={},
        registered={(code, f"{MONTH} under_five"): 40 for code in reporting},
        posyandu=dict.fromkeys(reporting, 2),
        in_year={},
        tasks={},
    )


def page(taking_part: int, silent: int, *, named: int = 50, language: Language = "id", example: bool = True) -> str:
    """Return the page of a nation of two provinces, one of which has all the regencies that take part."""
    reporting = [f"13.{number:02d}" for number in range(1, taking_part + 1)]
    regencies = {code: Regency(reporting=True, projected={"everyone": 10}) for code in reporting}
    regencies |= {
        f"14.{number:02d}": Regency(reporting=False, projected={"everyone": 10}) for number in range(1, silent + 1)
    }
    read, persons = numbers(reporting), Persons(registered=1, projected=None)
    children = [
        ChildArea(
            code=code, name=name, level="province", kind="provinsi", units=read.units(code), persons=persons,
            participation=Participation.of(share_of(code, regencies)), completeness=COMPLETE,
            indicators=read.of(code, "real"), **PLACE,
        )
        for code, name in (("13", "Sumatera <Barat>"), ("14", "Riau"))
    ]  # fmt: skip
    participants = [
        ParticipatingRegency(code=code, name=f"Kota {code}", units=UNITS, indicators=read.of(code, "real"))
        for code in reporting[:named]
    ]
    situation = Situation(
        area=AreaHead(code="id", name="Indonesia", level="nation", kind="negara", facilities=FacilityCounts(),
                      lineage=[AreaRef(code="id", name="Indonesia")], **PLACE),
        period=MONTH, previous_period="2026-10", periods=[MONTH], denominator="real", below="children", as_of=NOW,
        checked_at=NOW, parked=0, sequence=1, units=UNITS, awaited=AwaitedUnits(not_reported=[], not_opened=[]),
        arrivals=[], persons=persons, participation=Participation.of(share_of("id", regencies)), completeness=COMPLETE,
        indicators=read.of("id", "real"), children=children, participants=participants, recount=None,
        registered_means=definitions().registered_means, example_data=example,
    )  # fmt: skip
    known = in_month(definitions(), MONTH)
    return render_situation(Frame(as_shown(situation), known, words_in(language), known.indicators[0], NOW))


def said(markup: str) -> str:
    """Return what is read of some markup, each break of a line as one space."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", markup.split(">", 1)[1])).split())


def strip_of(html: str) -> str:
    """Return the markup of the strip."""
    return html.split('id="participants"')[1].split("</section>")[0]


@pytest.mark.parametrize(
    ("language", "heading", "row"),
    [
        (
            "id",
            "Kabupaten/kota peserta (3 dari 9) DATA CONTOH Balita ditimbang (D/S), November 2026",
            "Kota 13.01 50,0 % Sumatera <Barat> · ▼ tindak lanjut posyandu: 2 terdaftar · 2 buka · 1 lapor",
        ),
        (
            "en",
            "Participating regencies (3 of 9) EXAMPLE DATA Under-fives weighed (D/S), November 2026",
            "Kota 13.01 50.0% Sumatera <Barat> · ▼ follow up posyandu: 2 registered · 2 opened · 1 reported",
        ),
    ],
)
def test_each_regency_stands_with_province_number_status_and_link(language: Language, heading: str, row: str) -> None:
    html = page(3, 6, language=language)
    strip = strip_of(html)
    assert said(strip).startswith(heading)
    assert row in said(strip)
    assert re.findall(r'<a href="([\d.]+)\?periode=2026-11', strip) == ["13.01", "13.02", "13.03"]
    assert strip.count("data-participant") == 3
    assert "<Barat>" not in html


def test_made_up_data_are_called_so_and_others_are_not() -> None:
    assert "DATA CONTOH" in strip_of(page(1, 2))
    assert "DATA CONTOH" not in strip_of(page(1, 2, example=False))


def test_more_than_are_named_are_counted() -> None:
    strip = strip_of(page(4, 6, named=3))
    assert "(4 dari 10)" in said(strip)
    assert "dan 1 lainnya" in said(strip)
    assert "lainnya" not in strip_of(page(4, 6))


@pytest.mark.parametrize(("taking_part", "silent", "strip"), [(2, 3, True), (3, 3, False), (4, 3, False)])
def test_the_strip_stands_only_while_fewer_than_half_take_part(taking_part: int, silent: int, strip: bool) -> None:
    html = page(taking_part, silent).split('id="live-data"')[0]
    assert ('id="participants"' in html) is strip
    assert ("map-panel quiet" in html) is strip
    assert ("Belum ikut: " in html) is strip


def test_nothing_is_called_fine_where_nothing_can_be_judged() -> None:
    attention = page(1, 8).split('aria-labelledby="attention-heading"')[1].split("</section>")[0]
    assert "Belum ada wilayah yang dapat dinilai" in attention
    assert "Tidak ada wilayah" not in attention
    assert "data-entry" not in attention


def test_without_any_report_the_strip_says_what_would_fill_it() -> None:
    strip = said(strip_of(page(0, 8)))
    assert strip.startswith("Kabupaten/kota peserta (0 dari 8)")
    assert "pada November 2026 belum ada posyandu yang lapor" in strip
