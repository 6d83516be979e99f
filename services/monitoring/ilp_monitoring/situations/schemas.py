"""What a situation looks like to its readers: the REST answer, and the model the page is rendered from.

No number travels without numerator, denominators and their kind, completeness, state and definition version.
`None` means "not known", never zero.
"""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

DenominatorChoice = Literal["projected", "real"]
BelowChoice = Literal["children", "village"]
"""Which areas a situation lists below its own: one level down, or all villages (of a regency or district)."""
DenominatorKind = Literal["projected", "real", "measured", "screened", "opened"]
State = Literal["reported", "partial", "not_reported", "no_denominator"]
"""`partial`: some posyandu with an open day have not reported; `not_reported`: nothing at all has come in;
`no_denominator`: reports came in, but there is nothing to divide by."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class AreaRef(_Frozen):
    """An area by code and name."""

    code: str
    name: str


class FacilityCounts(_Frozen):
    """Registered facilities in the whole subtree of an area."""

    puskesmas: int = 0
    pustu: int = 0
    posyandu: int = 0


class AreaHead(_Frozen):
    """The area a situation is about. `lineage` runs from the nation to the area itself."""

    code: str
    name: str
    level: str
    kind: str
    lat: float | None
    lng: float | None
    lineage: list[AreaRef]
    facilities: FacilityCounts


class Completeness(_Frozen):
    """Posyandu that reported / posyandu with an open day, in the month."""

    reported: int
    expected: int


class PreviousNumbers(_Frozen):
    """The same indicator one month earlier, for the arrow; same denominator kind."""

    period: str
    numerator: int
    denominator: int | None
    value: float | None
    state: State


class IndicatorNumbers(_Frozen):
    """One indicator of one area and month. `value` is in the definition's unit (percent, or persons)."""

    code: str
    version: str
    unit: Literal["percent", "persons"]
    numerator: int
    denominator: int | None
    denominator_kind: DenominatorKind
    denominators: dict[DenominatorKind, int | None]
    value: float | None
    state: State
    map_class: int | None
    """0…4 by the definition's class breaks (0 lowest values); None when there is no value."""
    target: float | None
    completeness: Completeness
    previous: PreviousNumbers


class ChildArea(_Frozen):
    """An area below, with the same numbers. Villages have no children here: numbers end there."""

    code: str
    name: str
    level: str
    kind: str
    lat: float | None
    lng: float | None
    completeness: Completeness
    indicators: list[IndicatorNumbers]


class RecountSummary(_Frozen):
    """The last independent recount: when, how many cells it compared, how many differed."""

    at: datetime
    cells: int
    differences: int


class Situation(_Frozen):
    """A consistent snapshot: every number of it belongs to the same `sequence`."""

    area: AreaHead
    period: str
    previous_period: str
    periods: list[str]
    """Months with numbers for this area, newest first; always holds `period`."""
    denominator: DenominatorChoice
    below: BelowChoice
    """What `children` holds."""
    as_of: datetime | None
    """Recording time of the newest event in these numbers; None before the first event."""
    checked_at: datetime | None
    """Every event published until then is in these numbers; None while they are catching up with what is published."""
    parked: int
    """Events set aside because they could not be applied; they are missing from the numbers."""
    sequence: int
    completeness: Completeness
    indicators: list[IndicatorNumbers]
    children: list[ChildArea]
    recount: RecountSummary | None
    example_data: bool
    """True when any facility is marked as example data (`DATA CONTOH`)."""
