"""Stylesheet and scripts of the page: read once, addressed by content hash."""

from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import NamedTuple

from ilp_shared.http.fixed_files import MEDIA_TYPES, FixedFile


class Asset(NamedTuple):
    """A static file; `version` is the first 8 hex digits of its SHA-256."""

    file: FixedFile
    version: str


@cache
def assets() -> dict[str, Asset]:
    """Return all static files by name; scripts that import others carry the version of those too."""
    folder = files(__package__) / "static"
    raw = {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.name.split(".")[-1] in MEDIA_TYPES}
    together = sha256(b"".join(raw[name] for name in sorted(raw) if name.endswith(".js"))).hexdigest()[:8]
    return {name: _asset(name, content, together) for name, content in raw.items()}


def _asset(name: str, content: bytes, scripts_version: str) -> Asset:
    if name.endswith(".js"):
        content = content.replace(b'.js";', b".js?v=" + scripts_version.encode() + b'";')
        return Asset(FixedFile.of(name, content), scripts_version)
    return Asset(FixedFile.of(name, content), sha256(content).hexdigest()[:8])


def address(name: str, root: str = "../") -> str:
    """Return the address of a static file relative to a page; raises KeyError when there is none.

    `root` leads from the page to the root of the service: a page below `wilayah/` is one step down.
    """
    return f"{root}static/{name}?v={assets()[name].version}"
