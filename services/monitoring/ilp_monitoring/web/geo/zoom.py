"""Where a map is enlarged, so that its small areas can be touched on a phone. Pure."""

import re
from dataclasses import dataclass
from typing import Final

from ilp_monitoring.web.geo.maps import AreaMap

PHONE_PX: Final = 302
"""Width of the map on a phone 360 px wide."""
TOUCHABLE_PX: Final = 24
"""Smallest target that a finger hits (WCAG 2.2, success criterion 2.5.8)."""
_PART: Final = 3
"""The enlarged part is at most a third of the map in each direction."""
_MOST: Final = 3
_SMALLEST_PART: Final = 16
_MARGIN: Final = 0.06
_STROKES = re.compile(r"M(-?\d+) (-?\d+)l([^Mz]*)z")
_NUMBER = re.compile(r"-?\d+")


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in the units of a drawing."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Width in units."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Height in units."""
        return self.bottom - self.top

    def with_(self, other: "Box") -> "Box":
        """Return the smallest box around both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


def box_of(path: str) -> Box:
    """Return the box around the path data of an outline, as `build.py` writes it: rings of relative strokes."""
    xs, ys = [], []
    for left, top, strokes in _STROKES.findall(path):
        x, y = int(left), int(top)
        xs.append(x)
        ys.append(y)
        steps = [int(step) for step in _NUMBER.findall(strokes)]
        for dx, dy in zip(steps[::2], steps[1::2], strict=True):
            x, y = x + dx, y + dy
            xs.append(x)
            ys.append(y)
    return Box(min(xs), min(ys), max(xs), max(ys))


def zooms_of(drawing: AreaMap) -> list[Box]:
    """Return the parts of a map to enlarge one after another, each within the one before, in the map's proportions.

    Each holds most of the areas that are too small where it is not yet enlarged; without such areas there is none.
    """
    parts: list[Box] = []
    frame, boxes = Box(0, 0, drawing.width, drawing.height), list(map(box_of, drawing.shapes.values()))
    while len(parts) < _MOST and (small := [box for box in boxes if _is_small(box, frame)]):
        together = max((_near(box, small, frame) for box in small), key=len)
        part = together[0]
        for box in together[1:]:
            part = part.with_(box)
        frame, boxes = _fitted(part, frame), together
        parts.append(frame)
    return parts


def _is_small(box: Box, frame: Box) -> bool:
    return min(box.width, box.height) * PHONE_PX / frame.width < TOUCHABLE_PX


def _near(centre: Box, boxes: list[Box], frame: Box) -> list[Box]:
    """Return the boxes that fit, with the first, into one part of the frame."""
    near, part = [centre], centre
    for box in sorted(boxes, key=lambda box: abs(box.left - centre.left) + abs(box.top - centre.top)):
        wider = part.with_(box)
        if box is not centre and wider.width * _PART <= frame.width and wider.height * _PART <= frame.height:
            part = wider
            near.append(box)
    return near


def _fitted(part: Box, frame: Box) -> Box:
    """Return the part with a margin, in the proportions of the frame."""
    share = max(part.width / frame.width, part.height / frame.height, 1 / _SMALLEST_PART) * (1 + 2 * _MARGIN)
    width, height = frame.width * share, frame.height * share
    left, top = (part.left + part.right - width) / 2, (part.top + part.bottom - height) / 2
    return Box(round(left, 1), round(top, 1), round(left + width, 1), round(top + height, 1))
