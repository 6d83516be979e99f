"""All tables of the service, gathered for alembic."""

from ilp_screening.audit.models import AccessAudit
from ilp_screening.base import Base
from ilp_screening.copies.models import FacilityCopy, PersonCopy
from ilp_screening.screenings.models import Screening, ScreeningVersion
from ilp_screening.sessions.models import Session

METADATA = Base.metadata
TABLES = (AccessAudit, FacilityCopy, PersonCopy, Screening, ScreeningVersion, Session)
