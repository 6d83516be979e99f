"""Reads population, age structure and the sasaran definition from packaged files."""

import csv
import gzip
from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from importlib.resources import files

import yaml

from ilp_monitoring.rules.sasaran import group_size
from ilp_shared.models import Frozen
from ilp_shared.text import Text

VERSION_IN_FORCE = "2026.2"
_REFERENCE = "ilp_shared.reference"


class SasaranDefinition(Frozen):
    """How groups are made of five-year age groups, with sources."""

    version: str
    verified: bool
    note: Text
    sources: tuple[str, ...]
    age_column: str
    groups: Mapping[str, Mapping[str, Fraction]]


@cache
def sasaran_definition() -> SasaranDefinition:
    """Return the definition in force."""
    content = files("ilp_monitoring.sasaran").joinpath(f"{VERSION_IN_FORCE}.yaml").read_text("utf-8")
    return SasaranDefinition.model_validate(yaml.safe_load(content))


@cache
def _shares() -> dict[str, Fraction]:
    """Return group → share of the national population."""
    definition = sasaran_definition()
    by_age: dict[str, int] = {}
    table = files(_REFERENCE).joinpath("national_age_structure_wpp2019.csv").read_text("utf-8")
    for row in csv.DictReader(table.splitlines()):
        by_age[row["age_group"]] = by_age.get(row["age_group"], 0) + int(row[definition.age_column])
    population = sum(by_age.values())
    return {
        group: sum((by_age[age] * part for age, part in parts.items()), Fraction(0)) / population
        for group, parts in definition.groups.items()
    }


@cache
def _populations() -> dict[str, int]:
    """Return regency → persons."""
    packed = files(_REFERENCE).joinpath("population_area_kabkota.csv.gz").read_bytes()
    rows = csv.DictReader(gzip.decompress(packed).decode("utf-8").splitlines())
    return {row["code"]: int(row["total"]) for row in rows}


def regency_sizes(regency: str) -> dict[str, int]:
    """Return group → projected persons of a regency; empty when its population is not published."""
    total = _populations().get(regency)
    if total is None:
        return {}
    return {group: group_size(total, share) for group, share in _shares().items()}
