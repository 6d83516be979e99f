"""Body of a stateless evaluation; its answer is `rules.models.Evaluation`."""

from pydantic import JsonValue

from ilp_screening.rules.models import Subject
from ilp_shared.models import Input
from ilp_shared.scalars import Day


class EvaluationInput(Input):
    """A subject and observations to judge; `occurred_on` is required with a birth date."""

    subject: Subject
    occurred_on: Day | None = None
    observations: dict[str, JsonValue]
