"""All tables of the service, gathered for alembic."""

from ilp_screening.audit.models import AccessAudit
from ilp_screening.base import Base
from ilp_screening.copies.models import FacilityCopy, PersonCopy
from ilp_screening.open_days.models import OpenDayRow
from ilp_screening.screenings.models import Screening, ScreeningVersion

METADATA = Base.metadata
TABLES = (AccessAudit, FacilityCopy, PersonCopy, Screening, ScreeningVersion, OpenDayRow)
