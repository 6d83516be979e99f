"""What the stream sends. A patch carries whole new values: patches folded over a snapshot give the next snapshot."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from ilp_monitoring.situations.schemas import DenominatorKind, PreviousNumbers, State

CellPatch = tuple[
    str, str, int, int | None, dict[DenominatorKind, int | None], float | None, State, int | None, PreviousNumbers
]
"""area, indicator, numerator, denominator (of the chosen kind), denominators, value, state, map_class, month before."""
CompletenessPatch = tuple[str, int, int]
"""area, reported, expected."""


class Patch(BaseModel):
    """Data of an `indicator` event: every cell that changed since the last, of the area and those below."""

    model_config = ConfigDict(frozen=True)

    sequence: int
    as_of: datetime | None
    checked_at: datetime | None
    period: str
    cells: list[CellPatch]
    completeness: list[CompletenessPatch]


class Heartbeat(BaseModel):
    """Data of a `detak` event (no id): the server lives, and how far the numbers are checked."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    checked_at: datetime | None


class Reload(BaseModel):
    """Data of a `muat-ulang` event: the missed changes are no longer at hand; load the snapshot anew."""

    model_config = ConfigDict(frozen=True)

    sequence: int
