"""Reads the reference files that travel in this package (`ilp_registry.reference`)."""

import csv
import gzip
import hashlib
from collections.abc import Iterator
from importlib.resources import files
from typing import NamedTuple

AREAS, DIFFERENCES, ALIASES, PUSKESMAS = (
    "regions.csv.gz",
    "regions_name_differences.csv",
    "area_aliases.csv",
    "puskesmas.csv.gz",
)
DATASET = "Kepmendagri 300.2.2-2430/2025"
_DIFFERENT = "idn-area-data v4.0.1"


class Alias(NamedTuple):
    """Another name of an area and who uses it."""

    code: str
    name: str
    source: str


def content(name: str) -> bytes:
    """Return a reference file, decompressed."""
    raw = (files("ilp_registry.reference") / name).read_bytes()
    return gzip.decompress(raw) if name.endswith(".gz") else raw


def checksum() -> str:
    """Return one SHA-256 over all files that are loaded."""
    digest = hashlib.sha256()
    for name in (AREAS, DIFFERENCES, ALIASES, PUSKESMAS):
        digest.update((files("ilp_registry.reference") / name).read_bytes())
    return digest.hexdigest()


def rows(name: str) -> Iterator[dict[str, str]]:
    """Return the rows of a reference file by column name."""
    return csv.DictReader(content(name).decode().splitlines())


def aliases() -> list[Alias]:
    """Return the other names of areas, with their sources."""
    own = [Alias(row["code"], row["name"], row["source"]) for row in rows(ALIASES)]
    return own + [Alias(row["code"], row["name_idn_area_data"], _DIFFERENT) for row in rows(DIFFERENCES)]
