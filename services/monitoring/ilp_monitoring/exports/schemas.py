"""What is asked of the export, and a cell as exported."""

from typing import Annotated

from pydantic import Field, StringConstraints

from ilp_monitoring.rules.months import Month
from ilp_monitoring.rules.vocabulary import DenominatorKind
from ilp_monitoring.situations.schemas import FORMAT
from ilp_shared.http.paging import Paged
from ilp_shared.models import Output
from ilp_shared.scalars import MAX_LIMIT, Limit, ReportingAreaCode
from ilp_shared.tables.writing import TableFormat


class CellQuery(Paged):
    """Query of `GET /v1/cells`: a subtree, and optionally one indicator and one month."""

    area: ReportingAreaCode
    indicator: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9_]{1,32}$")] | None = None
    period: Month | None = None
    limit: Limit = MAX_LIMIT
    format: Annotated[TableFormat | None, Field(description=FORMAT)] = None


class ExportedCell(Output):
    """A stored number. `denominators` by kind; a kind whose size is not known is None."""

    area_code: str
    period: str
    indicator: str
    version: str
    numerator: int
    denominators: dict[DenominatorKind, int | None]
    reported: int
    expected: int
