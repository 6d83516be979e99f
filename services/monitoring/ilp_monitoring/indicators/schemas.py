"""The form of a definitions file, which is also the answer of `GET /v1/indicators`."""

from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from ilp_shared.models import Frozen
from ilp_shared.text import Text


class Fact(Frozen):
    """Something a screening says: an observation was made, or a result (optionally of given categories) exists."""

    code: str
    bit: int = Field(ge=0, lt=15)
    observed: str | None = None
    result: str | None = None
    plausible_z: bool = False
    """Only results with a z and without flag."""
    categories: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_source(self) -> "Fact":
        if (self.observed is None) == (self.result is None):
            raise ValueError("a fact reads either an observation or a result")
        return self


class PopulationGroup(Frozen):
    """An age group, in whole months of age at the end of a month (inclusive bounds), from birth on."""

    code: str
    name: Text
    min_months: int = Field(default=0, ge=0)
    max_months: int | None = None


class Target(Frozen):
    """A goal, with where it comes from."""

    value: float
    unit: str
    source: str
    source_id: str
    """The source in Indonesian."""
    verified: bool

    @property
    def origin(self) -> Text:
        """The source in both languages."""
        return Text(self.source_id, self.source)


class Counts(Frozen):
    """What is counted. `denominator` is a fact, `sasaran` (of `group`) or `opened` (tasks)."""

    of: Literal["persons", "tasks"]
    numerator: str | None = None
    denominator: str
    denominator_kind: Literal["measured", "screened", "opened"] | None = None
    group: str | None = None
    """Only persons of this population group count."""
    take: Literal["any", "last"] = "any"
    """Whether any screening of the month, or only the last one with the denominator's fact, decides the numerator."""
    yearly: bool = False
    """Whether persons are also counted once a calendar year: then target and class breaks are of the year."""


class Indicator(Frozen):
    """One definition: what a number means, where it comes from, how it is judged."""

    code: str
    version: str
    name: Text
    look_for: Text
    numerator: Text
    denominator: Text
    source: str
    source_id: str
    """The source in Indonesian."""
    verified: bool
    unit: Literal["percent", "persons"]
    direction: Literal["higher_is_better", "lower_is_better"]
    class_breaks: tuple[float, float, float, float]
    """Lower bounds of map classes 1…4; class 0 lies below the first."""
    class_breaks_source: str = "design of this platform"
    target: Target | None = None
    counts: Counts
    overdue_name: Text | None = None
    """Of tasks: what the page calls the share that is overdue, which it shows in place of the share still open."""

    @property
    def origin(self) -> Text:
        """The source in both languages."""
        return Text(self.source_id, self.source)

    def in_month(self, period: str) -> "Indicator":
        """Return the definition with the target and class breaks that hold by the end of a month (`YYYY-MM`).

        Twelfths of a target are cut to two decimals, so that a percentage equal to it never falls short by a person.
        """
        if not self.counts.yearly:
            return self
        months = int(period[5:7])
        breaks = tuple(round(low * months / 12, 2) for low in self.class_breaks)
        target = self.target
        if target is not None:
            target = target.model_copy(update={"value": int(target.value * months * 100) // 12 / 100})
        return self.model_copy(update={"class_breaks": breaks, "target": target})

    @property
    def sasaran_group(self) -> str | None:
        """Population group this indicator divides by, if its denominator is a sasaran."""
        return self.counts.group if self.counts.denominator == "sasaran" else None


class Definitions(Frozen):
    """A whole definitions file."""

    version: str
    effective_from: date
    registered_means: Text
    """What "registered" means for any month, the past ones included."""
    rules: tuple[Text, ...]
    facts: tuple[Fact, ...]
    population_groups: tuple[PopulationGroup, ...]
    indicators: tuple[Indicator, ...]

    @model_validator(mode="after")
    def _refers_to_what_exists(self) -> "Definitions":
        facts = {fact.code for fact in self.facts}
        groups = {group.code for group in self.population_groups}
        for indicator in self.indicators:
            counts = indicator.counts
            named = {counts.numerator, counts.denominator} if counts.of == "persons" else set()
            if not named - {"sasaran"} <= facts or not {counts.group} - {None} <= groups:
                raise ValueError(f"{indicator.code} names an unknown fact or group")
        if len({fact.bit for fact in self.facts}) != len(self.facts):
            raise ValueError("two facts share a bit")
        return self

    def indicator(self, code: str) -> Indicator | None:
        """Return a definition by code."""
        return next((i for i in self.indicators if i.code == code), None)
