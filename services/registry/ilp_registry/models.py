"""All tables of the registry, for alembic."""

from ilp_registry.areas import models as areas
from ilp_registry.audit import models as audit
from ilp_registry.base import Base
from ilp_registry.facilities import models as facilities
from ilp_registry.loading import models as loading
from ilp_registry.persons import models as persons

METADATA = Base.metadata

__all__ = ["METADATA", "areas", "audit", "facilities", "loading", "persons"]
