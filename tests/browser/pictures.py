"""Pictures of pages, worked on in the browser itself: reduced to few colours, and compared in blocks.

Blocks forgive what differs between versions of Chromium (edges of letters) and show what a reader would see (a colour,
a missing panel, a line that wraps).
"""

import base64
import struct
import zlib

from playwright.async_api import Page

from tests.browser.in_page import script

COLOURS = 96
APART = 8
"""How far (of 255) the colours kept lie from each other at least."""
BLOCK_PX = 16
NOTICED = 24
"""Difference of a block's mean red, green or blue (of 255) from which it counts as another picture."""


async def reduced(bench: Page, picture: bytes) -> bytes:
    """Return a PNG in few colours; `bench` is an empty page to work on."""
    given = [base64.b64encode(picture).decode(), COLOURS, APART]
    width, height, palette, indices = await bench.evaluate(script("reduce"), given)
    lines = base64.b64decode(indices)
    raw = b"".join(b"\0" + lines[at : at + width] for at in range(0, width * height, width))
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"PLTE", bytes(palette)), (b"IDAT", zlib.compress(raw, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


async def difference(bench: Page, before: bytes, after: bytes) -> float:
    """Return the share of blocks that look different; 1 when the sizes differ."""
    given = [base64.b64encode(before).decode(), base64.b64encode(after).decode(), BLOCK_PX, NOTICED]
    return float(await bench.evaluate(script("compare"), given))


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
