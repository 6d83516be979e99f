"""Villages and puskesmas of a district as the registry has them, read from its reference files."""

import csv
import gzip
from functools import cache

from deploy.dev.config import ROOT
from deploy.dev.demo.network import District, Place, Puskesmas
from deploy.dev.demo.seeded import demo_id

REFERENCE = ROOT / "services/registry/ilp_registry/reference"


@cache
def places(district: District) -> list[Place]:
    """Return the villages of a district."""
    with gzip.open(REFERENCE / "regions.csv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["level"] == "village"]
    return [Place(r["code"], r["name"]) for r in rows if r["code"].startswith(district.code + ".")]


@cache
def health_centres(district: District) -> list[Puskesmas]:
    """Return the puskesmas of a district."""
    with (REFERENCE / "seed_puskesmas.csv").open(encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["regency_code"] == district.code]
    return [Puskesmas(demo_id(r["name"]), r["name"], r["district_code"] or district.code) for r in rows]
