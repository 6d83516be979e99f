"""Pictures of pages, worked on in the browser itself: reduced to few colours, and compared in blocks.

Blocks forgive what differs between versions of Chromium (edges of letters) and show what a reader would see (a missing
panel, a line that wraps). A status is a small sign in a strong colour: for these the hue of a block counts by itself.
"""

import base64
import struct
import zlib
from typing import NamedTuple

from playwright.async_api import Page

from tests.browser.in_page import script

COLOURS = 96
APART = 8
"""How far (of 255) the colours kept lie from each other at least."""
BLOCKS = {
    "block": 16,  # px
    "noticed": 24,  # difference of the mean red, green or blue (of 255) from which a block counts as another picture
    "strong": 60,  # difference between a pixel's largest and smallest channel from which its hue counts
    "few": 10,  # pixels in strong colours below which a block has no hue
    "clear": 40,  # pixels in strong colours that cannot vanish by a shift of one pixel
    "turned": 30,  # degrees of hue from which a block counts as recoloured
}


class Difference(NamedTuple):
    """Share of blocks that look different (1 when the sizes differ), and blocks in another hue or without theirs."""

    apart: float
    recoloured: int


async def reduced(bench: Page, picture: bytes) -> bytes:
    """Return a PNG in few colours; `bench` is an empty page to work on."""
    given = [base64.b64encode(picture).decode(), COLOURS, APART]
    width, height, palette, indices = await bench.evaluate(script("reduce"), given)
    lines = base64.b64decode(indices)
    raw = b"".join(b"\0" + lines[at : at + width] for at in range(0, width * height, width))
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"PLTE", bytes(palette)), (b"IDAT", zlib.compress(raw, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


async def difference(bench: Page, before: bytes, after: bytes) -> Difference:
    """Return how two pictures differ."""
    given = [base64.b64encode(before).decode(), base64.b64encode(after).decode(), BLOCKS]
    return Difference(**await bench.evaluate(script("compare"), given))


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
