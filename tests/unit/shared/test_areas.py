"""Area codes: levels, lineage, cover, keys and zones."""

import pytest

from ilp_shared import areas


@pytest.mark.parametrize(
    ("code", "level", "parent"),
    [
        ("id", "nation", None),
        ("13", "province", "id"),
        ("13.76", "regency", "13"),
        ("13.76.01", "district", "13.76"),
        ("13.76.01.1002", "village", "13.76.01"),
        ("13.76.01.1002.RW03", "sub_village", "13.76.01.1002"),
    ],
)
def test_level_and_parent(code: str, level: str, parent: str | None) -> None:
    assert areas.level_of(code) == level
    assert areas.parent_of(code) == parent


def test_lineage_starts_at_the_nation() -> None:
    assert areas.lineage("13.76.01") == ["id", "13", "13.76", "13.76.01"]


@pytest.mark.parametrize(
    ("scope", "code", "covered"),
    [
        ("id", "13.76", True),
        ("13.76", "13.76", True),
        ("13.76", "13.76.01.1002", True),
        ("13.7", "13.76", False),
        ("13.76.01", "13.76", False),
        ("13.76", "13.77", False),
    ],
)
def test_cover_is_the_subtree_and_nothing_else(scope: str, code: str, covered: bool) -> None:
    assert areas.covers(scope, code) is covered


def test_the_key_is_the_regency() -> None:
    assert areas.home_key("13.76.01.1002.RW03") == "13.76"
    assert areas.home_key("13") == "13"


@pytest.mark.parametrize(
    ("code", "zone"),
    [("13.76", "Asia/Jakarta"), ("62.10", "Asia/Jakarta"), ("51", "Asia/Makassar"), ("91.01", "Asia/Jayapura")],
)
def test_zone_of_a_place(code: str, zone: str) -> None:
    assert areas.zone_of(code).key == zone
