"""Contents of the rules: the packs in force and the catalog of observations, all immutable.

They are separate from the loader, so that the rules import no module that reads files.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ilp_screening.rules.forms import Bounds, Observation, SummaryPolicy
from ilp_screening.rules.growth.tables import Growth
from ilp_screening.rules.pack_forms import AnyPack, BloodPressurePack, TbPack


@dataclass(frozen=True, slots=True)
class ObservationCatalog:
    """Observation codes and the accepted ages (`age_days`, `age_months`)."""

    observations: Mapping[str, Observation]
    ages: Mapping[str, Bounds]


@dataclass(frozen=True, slots=True, eq=False)
class Packs:
    """Everything the rules need. Compared by identity, so that what follows from it is built once."""

    growth: Growth
    blood_pressure: BloodPressurePack
    tb: TbPack
    catalog: ObservationCatalog
    summary: SummaryPolicy
    """What the family hears."""

    @property
    def all(self) -> tuple[AnyPack, ...]:
        """Every pack, in the order of results."""
        return (self.growth.pack, self.blood_pressure, self.tb)
