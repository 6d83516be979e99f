"""Reads the reference files of this package, each checked against SHA256SUMS."""

import csv
import gzip
import hashlib
from collections.abc import Iterator
from importlib.resources import files
from typing import Final, NamedTuple

AREAS: Final = "regions.csv.gz"
DIFFERENCES: Final = "regions_name_differences.csv"
ALIASES: Final = "area_aliases.csv"
PUSKESMAS: Final = "puskesmas.csv.gz"
SUMS: Final = "SHA256SUMS"
DATASET: Final = "Kepmendagri 300.2.2-2430/2025"
_OTHER_DATASET: Final = "idn-area-data v4.0.1"


class AlteredFileError(ValueError):
    """A reference file is not the one that was checked."""


class AliasLine(NamedTuple):
    """Another name of an area, and its source."""

    code: str
    name: str
    source: str


def edition() -> str:
    """Return the SHA-256 of the list of checksums: it names the content of all files."""
    return hashlib.sha256(_bytes(SUMS)).hexdigest()


def content(name: str) -> bytes:
    """Return a reference file, decompressed; raises AlteredFileError when it is not the file of SHA256SUMS."""
    raw = verified(name, _bytes(name))
    return gzip.decompress(raw) if name.endswith(".gz") else raw


def verified(name: str, raw: bytes) -> bytes:
    """Return the bytes of a file as they are; raises AlteredFileError when SHA256SUMS states another checksum."""
    if hashlib.sha256(raw).hexdigest() != _sums()[name]:
        raise AlteredFileError(f"{name} differs from {SUMS}")
    return raw


def rows(name: str) -> Iterator[dict[str, str]]:
    """Return the rows of a reference file by column name."""
    return csv.DictReader(content(name).decode().splitlines())


def aliases() -> list[AliasLine]:
    """Return the other names of areas, with their sources."""
    own = [AliasLine(row["code"], row["name"], row["source"]) for row in rows(ALIASES)]
    return own + [AliasLine(row["code"], row["name_idn_area_data"], _OTHER_DATASET) for row in rows(DIFFERENCES)]


def _sums() -> dict[str, str]:
    """Return the checksum of each file, in hexadecimal."""
    lines = (line.split() for line in _bytes(SUMS).decode().splitlines())
    return {name: checksum for checksum, name in lines}


def _bytes(name: str) -> bytes:
    return (files("ilp_registry.reference") / name).read_bytes()
