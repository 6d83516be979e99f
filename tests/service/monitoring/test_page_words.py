"""Words of the page: equal keys in both languages, no user text in templates, forms of numbers and times."""

import re
from datetime import UTC, datetime
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest

from ilp_monitoring.web.i18n import words_in
from ilp_shared.text import Language

WEB = files("ilp_monitoring.web")
TEMPLATES = {entry.name: entry.read_text("utf-8") for entry in (WEB / "templates").iterdir()}
SOURCES = [
    entry.read_text("utf-8")
    for folder in (WEB, WEB / "i18n", WEB / "static", WEB / "templates")
    for entry in folder.iterdir()
    if entry.name.endswith((".py", ".js", ".html"))
]


def places(text: str) -> set[str]:
    """Return the names of the places to fill."""
    return set(re.findall(r"\{(\w+)\}", text))


def test_both_catalogues_have_the_same_keys_and_places() -> None:
    indonesian, english = words_in("id").entries, words_in("en").entries
    assert indonesian.keys() == english.keys()
    assert {k: places(v) for k, v in indonesian.items()} == {k: places(v) for k, v in english.items()}
    assert all(text.strip() for text in [*indonesian.values(), *english.values()])


def test_indonesian_has_one_plural_form() -> None:
    assert not [key for key, text in words_in("id").entries.items() if "|" in text]


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_templates_hold_no_literal_user_text(name: str) -> None:
    text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", TEMPLATES[name], flags=re.S)
    text = re.sub(r"<[^>]*>", " ", text, flags=re.S)
    assert not re.findall(r"[A-Za-z]{2,}", text)
    spoken = re.findall(r'(?:aria-label|title|alt|placeholder)="([^"{]*[A-Za-z][^"{]*)"', TEMPLATES[name])
    assert not spoken


def test_every_key_of_a_catalogue_is_used_and_every_used_key_exists() -> None:
    entries = words_in("id").entries
    code = "\n".join(SOURCES)
    literal = set(re.findall(r"""\b(?:words|t|text)\(\s*["']([a-z_]+\.[\w.]+)["']""", code))
    stems = set(re.findall(r"""["'`]([a-z_]+\.(?:[a-z]+[._])?)(?:["']|\{|\$)""", code))
    assert literal <= entries.keys() | stems
    unused = [key for key in entries if f'"{key}"' not in code and f"'{key}'" not in code]
    assert not [key for key in unused if not any(key.startswith(stem) for stem in stems)]


def test_numbers_have_indonesian_and_english_form() -> None:
    indonesian, english = words_in("id"), words_in("en")
    assert (indonesian.number(1234567), english.number(1234567)) == ("1.234.567", "1,234,567")
    assert (indonesian.percent(1234.56), english.percent(1234.56)) == ("1.234,6\xa0%", "1,234.6%")
    assert [indonesian.number(value) for value in (12.25, 8.35, 1.15)] == ["12,3", "8,4", "1,2"]
    assert (english.noun("D_S", 1), english.noun("D_S", 2)) == ("1 child", "2 children")
    assert indonesian.noun("D_S", 864) == "864 balita"


@pytest.mark.parametrize("language", ["id", "en"])
def test_no_number_in_a_row_of_counts_is_parted_from_its_word(language: Language) -> None:
    """A line breaks after a separator only: a number and its word are never on two lines."""
    for key in ("card.units", "card.follow_ups"):
        parts = words_in(language).entries[key].split("\xa0· ")
        assert len(parts) == 3
        assert all(" " not in part.removeprefix("posyandu: ") for part in parts), key


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Asia/Jakarta", "22 Nov 2026 14.05.12 WIB"),
        ("Asia/Makassar", "22 Nov 2026 15.05.12 WITA"),
        ("Asia/Jayapura", "22 Nov 2026 16.05.12 WIT"),
    ],
)
def test_times_are_in_the_zone_of_the_area(zone: str, expected: str) -> None:
    instant = datetime(2026, 11, 22, 7, 5, 12, tzinfo=UTC)
    assert words_in("id").time(instant, ZoneInfo(zone)) == expected
    assert words_in("en").time(instant, ZoneInfo(zone)) == expected.replace(".", ":")
