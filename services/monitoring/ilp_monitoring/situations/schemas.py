"""What is asked of a situation, and what it looks like to its readers: the REST answer, and the model of the page.

No number travels without numerator, denominators and their kind, completeness, state and definition version.
`None` means "not known", never zero.
"""

from datetime import datetime
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import Field

from ilp_monitoring.rules.months import Month, months_before
from ilp_monitoring.rules.vocabulary import BelowChoice, DenominatorChoice, DenominatorKind, State
from ilp_shared.models import Input, Output
from ilp_shared.tables.writing import TableFormat

FORMAT: Final = (
    "`csv` untuk program; `excel` untuk lembar kerja berbahasa Indonesia (BOM, titik koma, koma desimal) /"
    " `csv` for programs; `excel` for spreadsheets with Indonesian settings (BOM, semicolon, decimal comma)"
)


class SituationKey(NamedTuple):
    """Which situation: the same for every account, because these numbers are of no person."""

    area: str
    period: str
    denominator: DenominatorChoice = "projected"
    below: BelowChoice = "children"

    @property
    def months(self) -> tuple[str, str]:
        """Months whose changes show: its own, and the one it is compared with."""
        return self.period, months_before(self.period, 1)


class SituationQuery(Input):
    """Query of every route that shows a situation."""

    period: Month | None = None
    denominator: Annotated[DenominatorChoice, Field(description="Penyebut: proyeksi atau riil / projected or real")] = (
        "projected"
    )
    below: Annotated[
        BelowChoice,
        Field(
            description="Wilayah di bawahnya: satu tingkat, atau semua desa / areas below: one level, or all villages"
        ),
    ] = "children"

    def key(self, area: str, running_month: str) -> SituationKey:
        """Return which situation of an area is asked for; without a month, that of the running one."""
        return SituationKey(area, self.period or running_month, self.denominator, self.below)


class SituationFileQuery(SituationQuery):
    """Query of the situation as a file."""

    format: Annotated[TableFormat, Field(description=FORMAT)] = "csv"


class AreaRef(Output):
    """An area by code and name."""

    code: str
    name: str


class FacilityCounts(Output):
    """Registered facilities in the whole subtree of an area."""

    puskesmas: int = 0
    pustu: int = 0
    posyandu: int = 0


class AreaHead(Output):
    """The area a situation is about. `lineage` runs from the nation to the area itself."""

    code: str
    name: str
    level: str
    kind: str
    lat: float | None
    lng: float | None
    lineage: list[AreaRef]
    facilities: FacilityCounts


class Completeness(Output):
    """Posyandu that reported / posyandu with an open day, in the month."""

    reported: int
    expected: int


class PreviousNumbers(Output):
    """The same indicator one month earlier, for the arrow; same denominator kind."""

    period: str
    numerator: int
    denominator: int | None
    value: float | None
    state: State


class IndicatorNumbers(Output):
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


class ChildArea(Output):
    """An area below, with the same numbers. Villages have no children here: numbers end there."""

    code: str
    name: str
    level: str
    kind: str
    lat: float | None
    lng: float | None
    completeness: Completeness
    indicators: list[IndicatorNumbers]


class RecountSummary(Output):
    """The last independent recount: when, how many cells it compared, how many differed."""

    at: datetime
    cells: int
    differences: int


class Situation(Output):
    """A consistent snapshot: every number of it belongs to the same `sequence`."""

    area: AreaHead
    period: str
    previous_period: str
    periods: list[str]
    """Months with numbers for this area, newest first; always holds `period`."""
    denominator: DenominatorChoice
    below: BelowChoice
    """Which areas `children` holds."""
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
