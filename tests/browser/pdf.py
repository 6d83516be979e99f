"""Reads back the text of a PDF that Chromium printed: enough of the format for the print tests, and no more.

Skia writes one object after another, streams deflated, text as glyph numbers with a table to Unicode for each font.
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

_OBJECT = re.compile(rb"(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
_STREAM = re.compile(rb"stream\n(.*)\nendstream", re.DOTALL)
_MAPPED = re.compile(rb"<([0-9A-F]{4})>(?: <([0-9A-F]{4})>)? <([0-9A-F]+)>\n")
_SHOWN = re.compile(rb"/(F\d+) [\d.]+ Tf|<([0-9A-F]+)> Tj|\[(.*?)\] TJ|(\bBT\b)", re.DOTALL)
_GLYPHS = re.compile(rb"<([0-9A-F]+)>")
Glyphs = dict[bytes, str]


@dataclass(frozen=True)
class Printed:
    """Sheets of paper: their size in points, and the text of each."""

    size: tuple[int, int]
    pages: list[str]


def printed(document: bytes) -> Printed:
    """Return what is on each sheet; raises ValueError when the document holds no page."""
    objects = {int(number): body for number, body in _OBJECT.findall(document)}
    pages = [body for body in objects.values() if re.search(rb"/Type /Page\b", body)]
    if not pages:
        raise ValueError("no page")
    box = re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pages[0])
    if box is None:
        raise ValueError("a page without a size")
    return Printed((round(float(box[1])), round(float(box[2]))), [_text(page, objects) for page in pages])


def _text(page: bytes, objects: dict[int, bytes]) -> str:
    fonts = {name: _unicode(objects[int(number)], objects) for name, number in re.findall(rb"/(F\d+) (\d+) 0 R", page)}
    contents = re.search(rb"/Contents (\d+) 0 R", page)
    if contents is None:
        raise ValueError("a page without contents")
    return "".join(_words(_inflated(objects[int(contents[1])]), fonts))


def _words(contents: bytes, fonts: dict[bytes, Glyphs]) -> Iterator[str]:
    font: Glyphs = {}
    for name, one, several, begun in _SHOWN.findall(contents):
        if name:
            font = fonts[name]
        elif begun:
            yield "\n"
        for glyphs in _GLYPHS.findall(several) or ([one] if one else []):
            yield "".join(font.get(glyphs[at : at + 4], "") for at in range(0, len(glyphs), 4))


def _unicode(font: bytes, objects: dict[int, bytes]) -> Glyphs:
    table = re.search(rb"/ToUnicode (\d+) 0 R", font)
    glyphs: Glyphs = {}
    for first, last, text in _MAPPED.findall(_inflated(objects[int(table[1])])) if table else []:
        said = bytes.fromhex(text.decode()).decode("utf-16-be")
        for step in range(int(last or first, 16) - int(first, 16) + 1):
            glyphs[b"%04X" % (int(first, 16) + step)] = said[:-1] + chr(ord(said[-1]) + step)
    return glyphs


def _inflated(body: bytes) -> bytes:
    match = _STREAM.search(body)
    if match is None:
        raise ValueError("an object without a stream")
    return zlib.decompress(match[1]) if b"/FlateDecode" in body else match[1]
