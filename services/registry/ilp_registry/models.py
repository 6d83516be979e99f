"""All tables of the registry, for alembic."""

from ilp_registry.areas import models as areas
from ilp_registry.base import Base
from ilp_registry.facilities import models as facilities
from ilp_registry.facility_import import models as facility_import
from ilp_registry.households import models as households
from ilp_registry.lookups import models as lookups
from ilp_registry.number_keys import models as number_keys
from ilp_registry.persons import models as persons
from ilp_registry.reference import models as reference

METADATA = Base.metadata

__all__ = [
    "METADATA",
    "areas",
    "facilities",
    "facility_import",
    "households",
    "lookups",
    "number_keys",
    "persons",
    "reference",
]
