"""Judges observations without storing anything, and turns input that cannot be judged into a 422."""

from ilp_screening.evaluations.schemas import EvaluationInput
from ilp_screening.rules.contents import Packs
from ilp_screening.rules.engine import evaluate
from ilp_screening.rules.errors import InvalidInputError
from ilp_screening.rules.models import Evaluation
from ilp_shared.problems import FieldError, InvalidInput


def judge(packs: Packs, content: EvaluationInput) -> Evaluation:
    """Return the results for one subject and day; raises InvalidInput with a pointer per fault."""
    try:
        return evaluate(packs, content.subject, content.occurred_on, content.observations)
    except InvalidInputError as error:
        raise not_judgeable(error) from None


def not_judgeable(error: InvalidInputError) -> InvalidInput:
    """Turn the faults that the rules report into a 422; values are never repeated."""
    return InvalidInput(
        errors=[FieldError(pointer=fault.pointer, code=fault.code, message=fault.message) for fault in error.problems]
    )
