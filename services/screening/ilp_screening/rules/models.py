"""Values that go into the rules and come out of them.

Only shape is checked here; meaning (age, codes, possible values) is checked by `rules.subject` and
`rules.observations`, so that one list of faults with JSON pointers reaches the client.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from pydantic import Field

from ilp_screening.rules.forms import Action, ResultClass, Standard
from ilp_shared.models import Frozen
from ilp_shared.scalars import Day, Number
from ilp_shared.text import Text

Flag = Literal["implausible", "oedema"]
Sex = Literal["male", "female"]


class Subject(Frozen):
    """The person who is judged: FHIR administrative gender and exactly one statement of age."""

    sex: Sex
    birth_date: Day | None = None
    age_days: Number | None = None
    age_months: Number | None = None


class Reason(Frozen):
    """A reason for a result."""

    code: str
    text: Text


class Policy(Frozen):
    """The pack that decided, the source of the limits used and whether they were checked against it."""

    pack: str
    version: str
    source: str
    verified: bool


class Result(Frozen):
    """One judged question; `category` is null without sourced limits, `z` where no z-score exists."""

    code: str
    label: Text | None = None
    standard: Standard | None = None
    z: float | None = None
    flag: Flag | None = None
    category: str | None = None
    result_class: ResultClass | None = Field(default=None, alias="class")
    reasons: tuple[Reason, ...]
    actions: tuple[Action, ...] = ()
    policy: Policy


class NotEvaluated(Frozen):
    """A question that fits the subject's age but could not be judged, or a measurement that answers none.

    `missing_input`: `missing` names the observation codes to add; `outside_table`: the inputs are there, but
    the standard has no row for the measured length/height; `no_table_at_age`: `code` is the observation's, and no
    table or rule reads it at this age.
    """

    code: str
    reason: Literal["missing_input", "outside_table", "no_table_at_age"]
    missing: tuple[str, ...] = ()
    text: Text
    actions: tuple[Action, ...] = ()


class Evaluation(Frozen):
    """All results for one subject and day, and the questions that could not be judged."""

    results: tuple[Result, ...]
    not_evaluated: tuple[NotEvaluated, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """An evaluation at a facility: its reporting day, and the packs that decided (None when none did)."""

    day: date
    evaluation: Evaluation
    policy: str | None
