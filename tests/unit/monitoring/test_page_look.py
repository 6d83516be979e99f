"""What the page's colours and its enlarged map promise, from the packaged stylesheet and outlines."""

import re
from itertools import pairwise

import pytest

from ilp_monitoring.web.assets import assets
from ilp_monitoring.web.geo.maps import map_of
from ilp_monitoring.web.geo.zoom import PHONE_PX, TOUCHABLE_PX, Box, box_of, zooms_of

TOWNS = ("14.72", "13.76")
"""Dumai and Payakumbuh."""
SMALLEST_PX = 13
"""What two villages that lie apart from all other small ones measure."""


def luminance(colour: str) -> float:
    """Return the relative luminance of `#rrggbb` (WCAG 2.2)."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def ramps() -> dict[str, list[float]]:
    """Return the luminance of map classes 0 to 4, and of the panel behind them, in each scheme."""
    sheet = assets()["situation.css"].file.content.decode()
    light, dark = sheet.split("@media (prefers-color-scheme: dark)")[:2]
    luminances = {}
    for scheme, rules in (("light", light), ("dark", dark.split("* {")[0])):
        colours = dict(re.findall(r"--(g\d|panel): (#[0-9a-f]+)", rules))
        colours = {
            name: f"#{value[1:] if len(value) == 7 else ''.join(2 * c for c in value[1:])}"
            for name, value in colours.items()
        }
        luminances[scheme] = [luminance(colours[name]) for name in ("g0", "g1", "g2", "g3", "g4", "panel")]
    return luminances


def test_the_worst_class_is_nearest_to_the_ground_in_both_schemes() -> None:
    """Low values fade, high ones stand out: on dark ground from dark to light."""
    light, dark = ramps()["light"], ramps()["dark"]
    assert light[:5] == sorted(light[:5], reverse=True)
    assert dark[:5] == sorted(dark[:5])
    for classes in (light, dark):
        distances = [abs(one - classes[5]) for one in classes[:5]]
        assert distances == sorted(distances)


def touched_px(box: Box, frames: list[Box]) -> float:
    """Return the smaller side of an outline on a phone, in the enlargement that shows it best."""
    inside = [
        frame
        for frame in frames
        if frame.left <= box.left and frame.top <= box.top and box.right <= frame.right and box.bottom <= frame.bottom
    ]
    return max(min(box.width, box.height) * PHONE_PX / frame.width for frame in inside)


@pytest.mark.parametrize("regency", TOWNS)
def test_the_small_villages_of_a_town_can_be_touched_in_an_enlarged_part(regency: str) -> None:
    """Each enlargement keeps the map's proportions and lies within the one before."""
    drawing = map_of(regency, _villages(regency))
    assert drawing is not None
    whole = Box(0, 0, drawing.width, drawing.height)
    frames = [whole, *zooms_of(drawing)]
    for before, frame in pairwise(frames):
        assert frame.width < before.width / 2
        assert frame.width / frame.height == pytest.approx(drawing.width / drawing.height, rel=0.01)
    sizes = [touched_px(box_of(path), frames) for path in drawing.shapes.values()]
    without = [touched_px(box_of(path), [whole]) for path in drawing.shapes.values()]
    assert sum(size < TOUCHABLE_PX for size in without) >= 5
    assert sum(size < TOUCHABLE_PX for size in sizes) <= 1
    assert min(sizes) > SMALLEST_PX


def _villages(regency: str) -> list[str]:
    districts = map_of(regency, [f"{regency}.01"])
    assert districts is not None
    maps = [map_of(district, [f"{district}.1001", f"{district}.1002"]) for district in districts.shapes]
    return [code for drawing in maps if drawing for code in drawing.shapes]


def test_a_map_of_large_areas_is_not_enlarged() -> None:
    """A button that shows nothing new is not offered."""
    drawing = map_of("13.76", ["13.76.01", "13.76.02"])
    assert drawing is not None
    assert zooms_of(drawing) == []
