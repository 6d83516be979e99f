"""What the loader hands to the rules: packs in force, LMS tables and the observation catalogue, all frozen.

Apart from the loader so that the rules import no module that reads files.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ilp_screening.packs.models import (
    AnyPack,
    BandList,
    BloodPressurePack,
    Bounds,
    GrowthPack,
    Observation,
    TbPack,
)
from ilp_screening.rules.growth.lms import LmsTable

TableKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Growth:
    """A growth pack with its tables by (standard, table, sex) and its band lists by code."""

    pack: GrowthPack
    tables: Mapping[TableKey, LmsTable]
    bands: Mapping[str, BandList]


@dataclass(frozen=True, slots=True)
class ObservationCatalogue:
    """Observation codes and the accepted ages (`age_days`, `age_months`)."""

    observations: Mapping[str, Observation]
    ages: Mapping[str, Bounds]


@dataclass(frozen=True, slots=True)
class Packs:
    """Everything the rules need."""

    growth: Growth
    blood_pressure: BloodPressurePack
    tb: TbPack
    catalogue: ObservationCatalogue

    @property
    def all(self) -> tuple[AnyPack, ...]:
        """Every pack, in the order results are given."""
        return (self.growth.pack, self.blood_pressure, self.tb)
