"""The form of a definitions file; also what `GET /v1/indicators` answers."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Sentence(_Data):
    """A sentence in Indonesian and English."""

    id: str
    en: str


class Fact(_Data):
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


class PopulationGroup(_Data):
    """An age group, in whole months of age at the end of a month (inclusive bounds)."""

    code: str
    name_id: str
    name_en: str
    min_months: int | None = None
    max_months: int | None = None


class Target(_Data):
    """A goal, with where it comes from."""

    value: float
    unit: str
    source: str
    verified: bool


class Counts(_Data):
    """What is counted. `denominator` is a fact, `sasaran` (of `group`) or `opened` (tasks)."""

    of: Literal["persons", "tasks"]
    numerator: str | None = None
    denominator: str
    denominator_kind: Literal["measured", "screened", "opened"] | None = None
    group: str | None = None
    """Only persons of this population group count."""
    take: Literal["any", "last"] = "any"
    """Whether any screening of the month, or only the last one with the denominator's fact, decides the numerator."""


class Indicator(_Data):
    """One definition: what a number means, where it comes from, how it is judged."""

    code: str
    version: str
    name_id: str
    name_en: str
    look_for_id: str
    look_for_en: str
    numerator_id: str
    numerator_en: str
    denominator_id: str
    denominator_en: str
    source: str
    verified: bool
    unit: Literal["percent", "persons"]
    direction: Literal["higher_is_better", "lower_is_better"]
    class_breaks: tuple[float, float, float, float]
    """Lower bounds of map classes 1…4; class 0 lies below the first."""
    class_breaks_source: str = "design of this platform"
    target: Target | None = None
    counts: Counts

    @property
    def sasaran_group(self) -> str | None:
        """The population group this indicator divides by, if its denominator is a sasaran."""
        return self.counts.group if self.counts.denominator == "sasaran" else None


class Definitions(_Data):
    """A whole definitions file."""

    version: str
    effective_from: date
    rules: tuple[Sentence, ...]
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
