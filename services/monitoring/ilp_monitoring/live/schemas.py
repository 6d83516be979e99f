"""What the stream sends. A patch carries whole new values: patches folded over a snapshot give the next snapshot."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from ilp_monitoring.rules.vocabulary import DenominatorKind, State
from ilp_monitoring.situations.areas import Arrival
from ilp_monitoring.situations.schemas import FollowUpNumbers, PreviousNumbers, SituationQuery, YearNumbers
from ilp_shared.models import Output
from ilp_shared.scalars import SequenceNumber

CellPatch = tuple[
    str,
    str,
    int,
    int | None,
    dict[DenominatorKind, int | None],
    float | None,
    State,
    int | None,
    PreviousNumbers,
    YearNumbers | None,
    FollowUpNumbers | None,
]
"""area, indicator, numerator, denominator (of the chosen kind), denominators, value, state, map_class, month before,
coverage of the year, follow-ups."""
CompletenessPatch = tuple[str, int, int]
"""area, reported, expected."""
UnitsPatch = tuple[str, int, int, int]
"""area, posyandu registered, opened, reported."""


class StreamQuery(SituationQuery):
    """Query of a stream: the situation, and the sequence from which to go on."""

    last: Annotated[SequenceNumber | None, Field(description="Urutan terakhir yang dimiliki / last sequence held")] = (
        None
    )


class Patch(Output):
    """Data of an `indicator` event: every cell that changed since the last, of the areas that the situation shows."""

    sequence: int
    as_of: datetime | None
    checked_at: datetime | None
    period: str
    cells: list[CellPatch]
    completeness: list[CompletenessPatch]
    units: list[UnitsPatch]
    arrivals: list[Arrival] | None
    """The last 20 of the area, newest first; null when nothing came in since the last patch."""


class Heartbeat(Output):
    """Data of a `detak` event (no id): the server lives, and how far the numbers are checked."""

    at: datetime
    checked_at: datetime | None


class Reload(Output):
    """Data of a `muat-ulang` event: the missed changes are no longer at hand; load the snapshot again."""

    sequence: int
