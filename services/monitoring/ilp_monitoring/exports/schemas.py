"""A cell as exported."""

from pydantic import BaseModel, ConfigDict

from ilp_monitoring.situations.schemas import DenominatorKind


class ExportedCell(BaseModel):
    """A stored number. `denominators` by kind; a kind whose size is not known is None."""

    model_config = ConfigDict(frozen=True)

    area_code: str
    period: str
    indicator: str
    version: str
    numerator: int
    denominators: dict[DenominatorKind, int | None]
    reported: int
    expected: int
