"""The frame of a page: the snapshot, the definitions, the language and the reader's choice."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TypeVar
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from ilp_monitoring.indicators.loader import definitions
from ilp_monitoring.indicators.schemas import Definitions, Indicator
from ilp_monitoring.situations.schemas import (
    ChildArea,
    FollowUpNumbers,
    IndicatorNumbers,
    ParticipatingRegency,
    Situation,
)
from ilp_monitoring.web.i18n import Words
from ilp_shared.areas import zone_of

_Place = TypeVar("_Place", Situation, ChildArea, ParticipatingRegency)
ROOMY = 60
"""Areas below up to which a page shows every number in full; with more it would be too heavy for a small phone."""


def as_shown(situation: Situation) -> Situation:
    """Return a situation whose yearly indicators show the coverage of the year in place of the month's."""
    return _with_shown(
        situation,
        children=[_with_shown(child) for child in situation.children],
        participants=[_with_shown(regency) for regency in situation.participants],
    )


def _with_shown(place: _Place, **lists: object) -> _Place:
    return place.model_copy(update={"indicators": [_shown(numbers) for numbers in place.indicators], **lists})


def _shown(numbers: IndicatorNumbers) -> IndicatorNumbers:
    """Return numbers with those of the year, or of overdue tasks, in their place; so does `static/situation.js`."""
    if numbers.follow_ups is not None:
        return numbers.model_copy(update=_overdue(numbers, numbers.follow_ups))
    if numbers.year is None:
        return numbers
    return numbers.model_copy(update={name: getattr(numbers.year, name) for name in type(numbers.year).model_fields})


def _overdue(numbers: IndicatorNumbers, tasks: FollowUpNumbers) -> dict[str, object]:
    """Return the numbers of overdue tasks. They are of today and have no month before: `previous` counts open ones."""
    return {
        "previous": numbers.previous.model_copy(update={"comparable": False}),
        "numerator": tasks.overdue,
        "denominator": tasks.opened,
        "denominators": {"opened": tasks.opened},
        "value": tasks.value,
        "state": tasks.state,
        "map_class": tasks.map_class,
    }


def in_month(definitions: Definitions, period: str) -> Definitions:
    """Return definitions whose yearly targets and map classes are those that hold by the end of a month."""
    indicators = tuple(indicator.in_month(period) for indicator in definitions.indicators)
    return definitions.model_copy(update={"indicators": indicators})


@dataclass(frozen=True)
class Frame:
    """One request for the page; `now` is aware."""

    situation: Situation
    definitions: Definitions
    words: Words
    indicator: Indicator
    """The indicator of map and lists."""
    now: datetime
    account: str = ""
    """Who reads, for paper: subject and role of the account."""
    sign_out: str = ""
    """Key of the form by which the reader signs out; empty for a reader without a session."""

    @cached_property
    def zone(self) -> ZoneInfo:
        """Local time zone of the area."""
        return zone_of(self.situation.area.code)

    @property
    def running(self) -> bool:
        """True while the month of the page is not over."""
        return self.now.astimezone(self.zone).strftime("%Y-%m") == self.situation.period

    @property
    def period_text(self) -> str:
        """Month in words, with a mark while it runs."""
        month = self.words.month(self.situation.period)
        return f"{month} ({self.words('period.running')})" if self.running else month

    @property
    def representative(self) -> bool:
        """False for a province or the nation of which less than half of the population takes part: it is not judged."""
        participation = self.situation.participation
        return participation is None or participation.representative

    @property
    def few(self) -> bool:
        """True for a province or the nation of which fewer than half of the regencies take part: these are named."""
        participation = self.situation.participation
        return participation is not None and participation.few

    def takes_part(self, code: str) -> bool:
        """Tell whether an area of the page is counted among those taking part; all are where these are not few.

        As in `Participation`, a posyandu must have reported; a puskesmas alone is not enough.
        """
        return code not in self._without_posyandu

    @cached_property
    def _without_posyandu(self) -> set[str]:
        children = self.situation.children if self.few else []
        return {child.code for child in children if child.units.reported == 0}

    @property
    def roomy(self) -> bool:
        """True when the areas below are few enough to be shown in full."""
        return len(self.situation.children) <= ROOMY

    @property
    def below(self) -> str:
        """Kind of the areas below when all are alike (`kelurahan`), else their level (`village`)."""
        kinds = {child.kind for child in self.situation.children}
        if len(kinds) == 1 and f"per.{next(iter(kinds))}" in self.words.entries:
            return kinds.pop()
        return self.situation.children[0].level

    def count_below(self, n: int) -> str:
        """Return a number of areas below, e.g. `7 kelurahan`."""
        return self.words(f"count.{self.below}", n)

    def name(self, indicator: Indicator) -> str:
        """Return the name of what the page shows of an indicator, in the reader's language."""
        return (indicator.overdue_name or indicator.name).pick(self.words.language)

    def defined(self, numbers: IndicatorNumbers) -> Indicator:
        """Return the definition of a number; raises KeyError when it has none."""
        definition = self.definitions.indicator(numbers.code)
        if definition is None:
            raise KeyError(numbers.code)
        return definition

    @staticmethod
    def in_force(numbers: IndicatorNumbers) -> Indicator:
        """Return the definition of a number as in force, its yearly target whole; raises KeyError when it has none."""
        definition = definitions().indicator(numbers.code)
        if definition is None:
            raise KeyError(numbers.code)
        return definition

    def value_text(self, numbers: IndicatorNumbers) -> str:
        """Return the value as read in lists and on the map: 69,8 %, 37, or the words for none."""
        if numbers.state == "not_reported":
            return self.words("status.not_reported")
        if numbers.value is None:
            return f"{self.words.noun(numbers.code, numbers.numerator)}, {self.words('map.no_denominator')}"
        if numbers.unit == "percent":
            return self.words.percent(numbers.value)
        return self.words.noun(numbers.code, numbers.numerator)

    def query(self, **changes: str) -> str:
        """Return the page's query string with this choice, some of it changed."""
        choice = {
            "periode": self.situation.period,
            "penyebut": "riil" if self.situation.denominator == "real" else "proyeksi",
            "indikator": self.indicator.code,
        }
        return "?" + urlencode(choice | changes)


def chosen(indicators: list[IndicatorNumbers], code: str) -> IndicatorNumbers | None:
    """Return the numbers of one indicator, if the area has them."""
    return next((numbers for numbers in indicators if numbers.code == code), None)
