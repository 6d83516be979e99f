"""Judges observations without storing anything, and turns input that cannot be judged into a 422."""

from datetime import datetime

from ilp_screening.evaluations.schemas import EvaluationInput
from ilp_screening.rules.case import NO_CONTEXT, Earlier
from ilp_screening.rules.contents import Library
from ilp_screening.rules.engine import evaluate
from ilp_screening.rules.errors import InputProblem, InvalidInputError
from ilp_screening.rules.models import Evaluation
from ilp_screening.rules.observations import checked
from ilp_shared.areas import NATION, local_day
from ilp_shared.problems import FieldError, InvalidInput


def judge(library: Library, content: EvaluationInput, now: datetime) -> Evaluation:
    """Return the results for one subject and day; raises InvalidInput with a pointer per fault."""
    area = content.area or NATION
    day = content.occurred_on or local_day(now, area)
    try:
        earlier = _earlier(library, content)
        packs = library.in_force(day, area)
        context = content.context or NO_CONTEXT
        return evaluate(packs, content.subject, content.occurred_on, content.observations, context, earlier)
    except InvalidInputError as error:
        raise not_judgeable(error) from None


def _earlier(library: Library, content: EvaluationInput) -> list[Earlier]:
    """Return what was observed before; raises InvalidInputError with every fault."""
    entries, problems = [], []
    for index, each in enumerate(content.earlier):
        values, faults = checked(library.catalog.observations, each.observations)
        entries.append(Earlier(each.occurred_on, values))
        problems += [InputProblem(f"/earlier/{index}{fault.pointer}", fault.code, fault.message) for fault in faults]
    if problems:
        raise InvalidInputError(problems)
    return entries


def not_judgeable(error: InvalidInputError) -> InvalidInput:
    """Turn the faults that the rules report into a 422; values are never repeated."""
    return InvalidInput(
        errors=[FieldError(pointer=fault.pointer, code=fault.code, message=fault.message) for fault in error.problems]
    )
