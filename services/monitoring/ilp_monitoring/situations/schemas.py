"""What is asked of a situation, and what it looks like to its readers: the REST answer, and the model of the page.

No number travels without numerator, denominators and their kind, completeness, state and definition version.
`None` means "not known", never zero.
"""

from datetime import datetime
from typing import Annotated, Final, Literal, NamedTuple
from uuid import UUID

from pydantic import Field

from ilp_monitoring.rules.months import Month, months_before
from ilp_monitoring.rules.vocabulary import BelowChoice, DenominatorChoice, DenominatorKind, State
from ilp_shared.models import Input, Output
from ilp_shared.text import Text

HALF_PERCENT: Final = 50
"""From this share of its population on, a province or the nation is judged."""


class SituationKey(NamedTuple):
    """Which situation: the same for every account, because these numbers are of no person."""

    area: str
    period: str
    denominator: DenominatorChoice = "real"
    below: BelowChoice = "children"

    @property
    def months(self) -> tuple[str, str]:
        """Months whose changes show: its own, and the one it is compared with."""
        return self.period, months_before(self.period, 1)


class SituationQuery(Input):
    """Query of every route that shows a situation."""

    period: Month | None = None
    denominator: Annotated[DenominatorChoice, Field(description="Penyebut: riil atau proyeksi / real or projected")] = (
        "real"
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


class Units(Output):
    """Posyandu of an area in a month: registered (by today's register) · opened (an open day that was not cancelled) ·
    reported (opened, and with a screening). A posyandu that reports without an open day does not count as reported.
    """

    registered: int
    opened: int
    reported: int


class Persons(Output):
    """People of an area: registered and born by the end of the month, and projected (None: not published)."""

    registered: int
    projected: int | None


class UnitRef(Output):
    """A posyandu by name, and the village in which it is registered."""

    id: UUID
    name: str
    area_code: str
    area_name: str | None


class AwaitedUnits(Output):
    """The posyandu that are missing from the numbers of a month, by village and name; how many there are, `units` says.

    Named for a regency and below, the first 50 of each list.
    """

    not_reported: list[UnitRef]
    """Opened, not yet reported."""
    not_opened: list[UnitRef]
    """Registered, without an open day in the month."""


class Participation(Output):
    """How much of a province or of the nation takes part: its regencies in which any posyandu reported in the month."""

    areas: int
    """Areas one level down."""
    taking_part: int
    """Those of them with a posyandu that reported."""
    population_percent: float | None
    """Share of the projected population that lives in regencies taking part; None where none is published."""
    projected: dict[str, int]
    """Population group → projected persons of the regencies taking part."""

    @property
    def representative(self) -> bool:
        """Whether at least half of the population takes part: only then is the whole area judged."""
        return self.population_percent is not None and self.population_percent >= HALF_PERCENT


class Completeness(Output):
    """Posyandu that reported / posyandu with an open day, in the month. Derived from `units`, which say more."""

    reported: int
    expected: int


class PreviousNumbers(Output):
    """The same indicator one month earlier, for the arrow; same denominator kind."""

    period: str
    numerator: int
    denominator: int | None
    value: float | None
    state: State
    units: Units
    comparable: bool
    """Whether a difference to this month means anything: in both months 80 % of the registered posyandu reported, and
    at least 30 people (or tasks) are divided by."""


class YearNumbers(Output):
    """Coverage of a calendar year: persons counted from January to the month, each once, by the same denominator."""

    numerator: int
    value: float | None
    state: State
    target: float | None
    """The year's target by twelfths."""
    map_class: int | None
    previous: PreviousNumbers
    """One month earlier; never comparable with another year."""


class FollowUpNumbers(Output):
    """Tasks opened by the end of the month, cancelled ones left out: returned (done), waiting for their day, overdue
    (open past the day they were due, by today's date). `value` is the share that is overdue."""

    opened: int
    returned: int
    waiting: int
    overdue: int
    value: float | None
    state: State
    map_class: int | None


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
    follow_ups: FollowUpNumbers | None
    """Only of the indicator that counts tasks."""
    year: YearNumbers | None
    """Only of indicators whose target is of a year; `target` and `map_class` above are then not known (None)."""


class ChildArea(Output):
    """An area below, with the same numbers. Villages have no children here: numbers end there."""

    code: str
    name: str
    level: str
    kind: str
    lat: float | None
    lng: float | None
    units: Units
    persons: Persons
    participation: Participation | None
    """Of a province or the nation; None for smaller areas."""
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
    units: Units
    awaited: AwaitedUnits
    persons: Persons
    participation: Participation | None
    """Of a province or the nation; None for smaller areas."""
    completeness: Completeness
    indicators: list[IndicatorNumbers]
    children: list[ChildArea]
    recount: RecountSummary | None
    registered_means: Text
    """What the registered persons of a month are, in words; the same for every number of kind `real`."""
    example_data: bool
    """True when any facility is marked as example data (`DATA CONTOH`)."""
