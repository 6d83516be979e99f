"""Whom a rule is for, and conditions over observations, by three values: true, false, not known."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, Self

from pydantic import Field, model_validator

from ilp_screening.rules.case import Case, Condition, Performer, Sex, Value, Venue
from ilp_screening.rules.forms import Bounds, Observation
from ilp_shared.expressions.logic import Truth, all_of, any_of, at_least
from ilp_shared.models import Frozen


class Applies(Frozen):
    """Untuk siapa suatu aturan; semua syarat yang ditulis harus terpenuhi.

    Whom a rule is for; each condition that is written must hold. What is not known of a person does not hold.
    """

    days: Bounds | None = None
    """Umur dalam hari penuh / age in completed days"""
    months: Bounds | None = None
    """Umur dalam bulan / age in months"""
    years: Bounds | None = None
    """Umur dalam tahun penuh / age in completed years"""
    sex: Sex | None = None
    """Hanya laki-laki atau perempuan / only males, or only females"""
    pregnant: bool | None = None
    """Hamil atau tidak diketahui hamil / pregnant, or not known to be"""
    pregnancy_weeks: Bounds | None = None
    """Rentang umur kehamilan, dan hamil / range of gestation, and pregnant"""
    postpartum_days: Bounds | None = None
    """Hari setelah melahirkan / days since giving birth"""
    gestation_weeks: Bounds | None = None
    """Umur kehamilan waktu lahir / weeks of gestation at birth"""
    venues: tuple[Venue, ...] = ()
    """Hanya di tempat ini / only at these places"""
    performers: tuple[Performer, ...] = ()
    """Hanya oleh peran ini / only by these roles"""
    conditions: tuple[Condition, ...] = ()
    """Paling sedikit satu keadaan ini diketahui / at least one of these conditions is known"""
    without: tuple[Condition, ...] = ()
    """Tidak satu pun keadaan ini diketahui / none of these conditions is known"""

    def to(self, case: Case) -> bool:
        """Tell whether a rule is for this case."""
        age, context = case.age, case.context
        return (
            (self.sex is None or self.sex == case.sex)
            and (self.pregnant is None or self.pregnant == (context.pregnancy_weeks is not None))
            and _within(self.days, age.days)
            and _within(self.months, age.months)
            and _within(self.years, age.years)
            and (self._knows_no_context or self._to_context(case))
        )

    @cached_property
    def _knows_no_context(self) -> bool:
        asked = (self.pregnancy_weeks, self.postpartum_days, self.gestation_weeks)
        return asked == (None, None, None) and not (self.venues or self.performers or self.conditions or self.without)

    def _to_context(self, case: Case) -> bool:
        context = case.context
        return (
            _within(self.pregnancy_weeks, context.pregnancy_weeks)
            and _within(self.postpartum_days, context.postpartum_days)
            and _within(self.gestation_weeks, context.gestation_weeks)
            and (not self.venues or context.venue in self.venues)
            and (not self.performers or context.performer in self.performers)
            and (not self.conditions or not set(self.conditions).isdisjoint(context.conditions))
            and set(self.without).isdisjoint(context.conditions)
        )


def _within(bounds: Bounds | None, value: float | None) -> bool:
    return bounds is None or (value is not None and bounds.contains(value))


class Test(Frozen):
    """Satu syarat atas satu pengamatan; sandinya saja berarti "dijawab ya".

    A condition over one observation: an answer, listed codes, or a range. The code alone means "answered with yes".
    """

    __test__ = False  # no test of pytest
    observation: str
    """Sandi pengamatan / code of the observation"""
    answer: bool | None = None
    """Jawaban yang diminta / answer that it takes"""
    values: tuple[str, ...] = ()
    """Pilihan yang diminta / codes that it takes"""
    within: Bounds | None = None
    """Rentang yang diminta / range that it takes"""

    @model_validator(mode="before")
    @classmethod
    def _code_alone(cls, data: Any) -> Any:
        return {"observation": data, "answer": True} if isinstance(data, str) else data

    @model_validator(mode="after")
    def _one_condition(self) -> Self:
        if [self.answer is not None, bool(self.values), self.within is not None].count(True) != 1:
            raise ValueError("give exactly one of answer, values, within")
        return self

    def holds(self, values: Mapping[str, Value]) -> Truth:
        """Return whether it holds; None while the observation is missing."""
        value = values.get(self.observation)
        if value is None:
            return None
        if isinstance(value, bool):
            return value is self.answer
        if isinstance(value, str):
            return value in self.values
        return self.within is not None and self.within.contains(value)

    def fits(self, observation: Observation) -> bool:
        """Tell whether it asks of an observation what its type can answer."""
        asked = {"boolean": self.answer is not None, "code": bool(self.values), "quantity": self.within is not None}
        return asked[observation.type] and set(self.values) <= set(observation.values)


class Way(Frozen):
    """Semua dari `all_of` dan, bila ada, paling sedikit `at_least` dari `any_of`.

    All of `all_of` and, where given, at least `at_least` of `any_of`.
    """

    all_of: tuple[Test, ...] = ()
    """Harus semua / every one is needed"""
    any_of: tuple[Test, ...] = ()
    """Cukup sebagian / some are enough"""
    at_least: int = Field(default=1, ge=1)
    """Banyaknya dari `any_of` / how many of `any_of`"""

    @property
    def tests(self) -> tuple[Test, ...]:
        """Every condition, in the order in which they are asked."""
        return (*self.all_of, *self.any_of)

    def holds(self, values: Mapping[str, Value]) -> Truth:
        """Return whether it holds; None while open answers could still decide."""
        return all_of((*(test.holds(values) for test in self.all_of), self._some(values)))

    def open_codes(self, values: Mapping[str, Value]) -> list[str]:
        """Return the observations that could still decide: those missing of `all_of`, and of an open `any_of`."""
        tests = [*self.all_of, *(self.any_of if self._some(values) is None else ())]
        return [test.observation for test in tests if test.holds(values) is None]

    def _some(self, values: Mapping[str, Value]) -> Truth:
        return not self.any_of or at_least(self.at_least, (test.holds(values) for test in self.any_of))


def one_holds(ways: Iterable[Way], values: Mapping[str, Value]) -> Truth:
    """Return whether one of several ways holds; None while open answers could still decide."""
    return any_of(way.holds(values) for way in ways)
