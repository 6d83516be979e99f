"""All tables of the service, gathered for alembic."""

from ilp_screening.base import Base
from ilp_screening.copies.models import FacilityRow, PersonRow
from ilp_screening.open_days.models import OpenDayRow
from ilp_screening.screenings.models import ScreeningRow, ScreeningVersionRow

METADATA = Base.metadata
TABLES = (FacilityRow, PersonRow, ScreeningRow, ScreeningVersionRow, OpenDayRow)
