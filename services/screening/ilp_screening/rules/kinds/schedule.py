"""Kind `schedule`: contacts, doses and yearly checks, by age and by what was given: given, due, overdue, missed.

Ages and intervals in months and years are those of the calendar: a month after 31 January is the last day of February.
"""

import calendar
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cached_property
from typing import Literal, NamedTuple, Self

from pydantic import Field, model_validator

from ilp_screening.rules.answers import Answer, Asked
from ilp_screening.rules.bands import policy_of
from ilp_screening.rules.case import Case, Value
from ilp_screening.rules.conditions import Applies
from ilp_screening.rules.material import Material
from ilp_screening.rules.models import Due
from ilp_screening.rules.packs import Code, PackHeader
from ilp_shared.models import Frozen
from ilp_shared.text import Text

_MONTHS_PER_YEAR = 12


class Span(Frozen):
    """Jangka waktu; satuannya dijumlahkan.

    A span of time; its units add up.
    """

    days: int = 0
    """Hari kalender / calendar days"""
    weeks: int = 0
    """Masing-masing tujuh hari / seven days each"""
    months: int = 0
    """Bulan kalender / calendar months"""
    years: int = 0
    """Tahun kalender / calendar years"""

    def from_day(self, day: date) -> date:
        """Return the day that lies so long after another; a day that a month does not have is its last one."""
        months = day.year * _MONTHS_PER_YEAR + day.month - 1 + self.years * _MONTHS_PER_YEAR + self.months
        year, month = divmod(months, _MONTHS_PER_YEAR)
        last = calendar.monthrange(year, month + 1)[1]
        return date(year, month + 1, min(day.day, last)) + timedelta(days=self.days + 7 * self.weeks)


class AfterStep(Frozen):
    """Jarak terpendek setelah langkah lain.

    The shortest interval after another step.
    """

    step: Code
    """Sandi langkah itu / stable name of that step"""
    interval: Span
    """Jarak terpendek / shortest interval"""


class Step(Frozen):
    """Satu langkah: kapan boleh, sampai kapan tepat waktu, sampai kapan masih dapat.

    One step: from when it may be given, until when it is in time, until when it is possible at all.
    """

    code: Code
    """Sandi langkah / stable name of the step"""
    label: Text
    """Nama langkah / what people call it"""
    done_by: tuple[str, ...] = Field(min_length=1)
    """Pengamatan yang menandai langkah ini / observations of which one shows that it was done"""
    applies: Applies = Applies()
    """Untuk siapa / whom it is for"""
    first: Span = Span()
    """Umur paling awal / earliest age"""
    in_time: Span | None = None
    """Umur terakhir yang tepat waktu / last age in time"""
    until: Span | None = None
    """Umur terakhir yang masih dapat / last age at which it is possible"""
    follows: AfterStep | None = None
    """Jarak setelah langkah lain / interval after another step"""
    every: Span | None = None
    """Diulang setiap / repeated each"""


class SchedulePack(PackHeader):
    """Jadwal: langkah-langkah menurut umur dan menurut yang sudah diberikan.

    A schedule: steps by age and by what was given.
    """

    kind: Literal["schedule"]
    """Jenis aturan / kind of rules"""
    anchor: Literal["birth", "pregnancy", "delivery"] = "birth"
    """Dihitung dari lahir, awal kehamilan, atau persalinan / counted from birth, begin of pregnancy, or delivery"""
    steps: tuple[Step, ...] = Field(min_length=1)
    """Langkah; yang kemudian boleh menunggu yang dahulu / steps; later ones may wait for earlier ones"""

    @model_validator(mode="after")
    def _steps_follow(self) -> Self:
        seen: set[str] = set()
        for step in self.steps:
            if step.code in seen or (step.follows is not None and step.follows.step not in seen):
                raise ValueError(f"step {step.code} comes twice, or before the one it follows")
            seen.add(step.code)
        return self

    @property
    def reads(self) -> frozenset[str]:
        """Every observation code that it reads."""
        return frozenset(code for step in self.steps for code in step.done_by)

    @cached_property
    def asked(self) -> Mapping[str, Asked]:
        """The question of each step, by its code."""
        return {step.code: Asked(step.code, step.label, frozenset(step.done_by)) for step in self.steps}


class Reckoned(NamedTuple):
    """When a step may be given, and when it was last given."""

    first_day: date
    given_on: date | None


def judge(pack: SchedulePack, _: Material, case: Case) -> list[Answer]:
    """Return the state of each step that is for this case; none where the day or the anchor is not known."""
    anchor = _anchor(pack, case)
    if anchor is None or case.day is None:
        return []
    reckoned: dict[str, Reckoned] = {}
    answers = []
    for step in pack.steps:
        if step.follows is not None and step.follows.step not in reckoned:
            continue
        reckoned[step.code] = _reckoned(step, anchor, case, case.day, reckoned)
        if step.applies.to(case):
            answers.append(Answer(pack.asked[step.code], _due(pack, step, anchor, case.day, reckoned[step.code])))
    return answers


def _anchor(pack: SchedulePack, case: Case) -> date | None:
    days: float | None = case.age.days
    if pack.anchor == "pregnancy":
        weeks = case.context.pregnancy_weeks
        days = None if weeks is None else weeks * 7
    elif pack.anchor == "delivery":
        days = case.context.postpartum_days
    return None if days is None or case.day is None else case.day - timedelta(days=int(days))


def _reckoned(step: Step, anchor: date, case: Case, day: date, before: Mapping[str, Reckoned]) -> Reckoned:
    given_on = _given_on(step, case, day)
    first_day = step.first.from_day(anchor)
    if step.follows is not None:
        earlier = before[step.follows.step]
        first_day = max(first_day, step.follows.interval.from_day(earlier.given_on or max(earlier.first_day, day)))
    if step.every is not None and given_on is not None:
        first_day = step.every.from_day(given_on)
    return Reckoned(first_day, given_on)


def _given_on(step: Step, case: Case, day: date) -> date | None:
    """Return the last day on which the step was done, today included."""
    if _is_done(step, case.values):
        return day
    return max((each.day for each in case.earlier if each.day <= day and _is_done(step, each.values)), default=None)


def _is_done(step: Step, values: Mapping[str, Value]) -> bool:
    return any(values.get(code, False) is not False for code in step.done_by)


def _due(pack: SchedulePack, step: Step, anchor: date, day: date, reckoned: Reckoned) -> Due:
    last_day = (
        None
        if step.in_time is None or step.every is not None
        else max(step.in_time.from_day(anchor), reckoned.first_day)
    )
    status: Literal["given", "upcoming", "due", "overdue", "missed"] = "due"
    if reckoned.given_on is not None and (step.every is None or day < reckoned.first_day):
        status = "given"
    elif step.until is not None and day > step.until.from_day(anchor):
        status = "missed"
    elif day < reckoned.first_day:
        status = "upcoming"
    elif last_day is not None and day > last_day:
        status = "overdue"
    return Due(
        schedule=pack.code,
        code=step.code,
        label=step.label,
        status=status,
        given_on=reckoned.given_on,
        first_day=reckoned.first_day,
        last_day=last_day,
        policy=policy_of(pack, pack.source, pack.verified),
    )
