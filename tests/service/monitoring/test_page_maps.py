"""Outlines: what is packaged, that neighbours share their border, that the page is small."""

import re

import pytest

from ilp_monitoring.web.assets import address, assets
from ilp_monitoring.web.geo.build import draw
from ilp_monitoring.web.geo.maps import drawn_by_village, map_of
from ilp_monitoring.web.geo.topology import area, clean, simplify_together

PATH = re.compile(r"(M\d+ \d+l[-\d ]+z)+")
SEEDS = {"13.76": 47, "14.72": 33, "33.75": 27, "17.05": 202, "62.10": 127}


@pytest.mark.parametrize(("regency", "villages"), SEEDS.items())
def test_the_five_regencies_are_drawn_by_village(regency: str, villages: int) -> None:
    assert drawn_by_village(regency) == (villages <= 60)
    drawing = map_of(regency, [f"{regency}.01.1001", *_codes_of_villages(regency)])
    assert drawing is not None
    assert len(drawing.shapes) == villages
    assert all(PATH.fullmatch(path) for path in drawing.shapes.values())


def _codes_of_villages(regency: str) -> list[str]:
    districts = map_of(regency, [f"{regency}.01"])
    assert districts is not None
    return [
        code for d in districts.shapes if (m := map_of(d, [f"{d}.1001", f"{d}.1002", f"{d}.2001"])) for code in m.shapes
    ]


def test_the_nation_its_provinces_and_other_regencies_are_drawn() -> None:
    nation = map_of("id", ["11"])
    assert nation is not None
    assert len(nation.shapes) == 38
    for province in nation.shapes:
        assert map_of(province, [f"{province}.{number:02d}" for number in range(1, 80)]), province
    districts = map_of("12.14", ["12.14.01"])
    assert districts is not None
    assert len(districts.shapes) == 35


def test_an_area_without_packaged_outlines_has_no_map() -> None:
    assert map_of("12.14.01", ["12.14.01.2001"]) is None
    assert map_of("99", ["99.01"]) is None


def test_a_village_is_drawn_among_its_neighbours() -> None:
    drawing = map_of("13.76.01.1002", [])
    assert drawing is not None
    assert "13.76.01.1002" in drawing.shapes
    assert len(drawing.shapes) == 17


def test_neighbours_keep_one_border_when_simplified() -> None:
    wiggle = [(50, y) if y % 4 else (51, y) for y in range(1, 100)]
    left = [(0, 0), (50, 0), *wiggle, (50, 100), (0, 100)]
    right = [(50, 0), (100, 0), (100, 100), (50, 100), *reversed(wiggle)]
    simple = simplify_together([left, right], 2.0)
    assert area(simple[0]) + area(simple[1]) == 100 * 100
    assert {len(ring) for ring in simple} == {4}


def test_a_ring_is_cleaned_of_repeats_and_spikes() -> None:
    assert clean([(0, 0), (0, 0), (5, 0), (9, 0), (5, 0), (5, 5), (0, 0)]) == [(0, 0), (5, 0), (5, 5)]
    assert clean([(0, 0), (1, 0), (0, 0)]) == []


def test_drawing_fits_its_box_and_keeps_the_smallest_area() -> None:
    island = [[(120.0, 1.0), (120.001, 1.0), (120.001, 1.001), (120.0, 1.0)]]
    main = [[(100.0, 0.0), (110.0, 0.0), (110.0, 5.0), (100.0, 5.0), (100.0, 0.0)]]
    drawing = draw({"a": main, "b": island})
    assert drawing["w"] == 1000
    shapes = drawing["shapes"]
    assert isinstance(shapes, list)
    assert [code for code, _ in shapes] == ["a", "b"]


def test_static_files_are_addressed_by_their_content() -> None:
    for name, asset in assets().items():
        assert re.fullmatch(rf"\.\./static/{re.escape(name)}\?v=[0-9a-f]{{8}}", address(name))
        if name.endswith(".js"):
            imported = re.findall(rb'from "\./(\w+\.js)(?:\?v=(\w+))?"', asset.file.content)
            assert all(version == asset.version.encode() for _, version in imported)
    assert sum(len(asset.file.compressed) for asset in assets().values()) < 20_000
