"""Request and response shapes of POST /screening/v1/evaluations, used as well when a screening is recorded.

Only shape is checked here; meaning (age, codes, possible values) is checked by `rules.observations`, so that
one error list with JSON pointers reaches the client. Built by the rules, shown by the router and the events.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue

from ilp_screening.packs.models import Action, Frozen, ResultClass, Standard

Flag = Literal["implausible", "oedema"]
StrictNumber = Annotated[float, Field(strict=True, allow_inf_nan=False)]


def _written_date(value: object) -> object:
    if type(value) is date or (isinstance(value, str) and len(value) == len("2024-03-01")):
        return value
    raise ValueError("a date written YYYY-MM-DD is expected")


IsoDate = Annotated[date, BeforeValidator(_written_date)]


class Subject(BaseModel):
    """Who is judged: FHIR administrative gender and exactly one statement of age."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sex: Literal["male", "female"]
    birth_date: IsoDate | None = None
    age_days: StrictNumber | None = None
    age_months: StrictNumber | None = None


class EvaluationRequest(BaseModel):
    """Body of a stateless evaluation; `occurred_on` is required with a birth date."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subject: Subject
    occurred_on: IsoDate | None = None
    observations: dict[str, JsonValue]


class Reason(Frozen):
    """Why a result is what it is, in both languages."""

    code: str
    id: str
    en: str


class Policy(Frozen):
    """The pack that decided, the source of the limits used and whether they were checked against it."""

    pack: str
    version: str
    source: str
    verified: bool


class Result(Frozen):
    """One judged question; `category` is null without sourced limits, `z` where no z-score exists."""

    code: str
    label_id: str | None = None
    label_en: str | None = None
    standard: Standard | None = None
    z: float | None = None
    flag: Flag | None = None
    category: str | None = None
    result_class: ResultClass | None = Field(default=None, alias="class")
    reasons: tuple[Reason, ...]
    actions: tuple[Action, ...] = ()
    policy: Policy

    def fact(self) -> dict[str, str | float | None]:
        """What events carry of this result: code, category, class, z, flag, standard."""
        return {
            "code": self.code,
            "category": self.category,
            "class": self.result_class,
            "z": self.z,
            "flag": self.flag,
            "standard": self.standard,
        }


class NotEvaluated(Frozen):
    """A question that fits the subject's age but could not be judged, or a measurement that answers none.

    `missing_input`: `missing` names the observation codes to add; `outside_table`: the inputs are there, but
    the standard has no row for the measured length/height; `no_table_at_age`: `code` is the observation's, and no
    table or rule reads it at this age.
    """

    code: str
    reason: Literal["missing_input", "outside_table", "no_table_at_age"]
    missing: tuple[str, ...] = ()
    text_id: str
    text_en: str


class Evaluation(Frozen):
    """All results for one subject and day, and what could not be judged."""

    results: tuple[Result, ...]
    not_evaluated: tuple[NotEvaluated, ...]
