"""Judges observations with the packs in force; called by the public route and by the recording of screenings."""

from collections.abc import Mapping
from datetime import date

from ilp_screening.packs.contents import Packs
from ilp_screening.refusals import not_judgeable
from ilp_screening.rules.engine import evaluate
from ilp_screening.rules.errors import InvalidInputError
from ilp_screening.rules.models import Evaluation, Subject


def judge(packs: Packs, subject: Subject, on: date | None, observations: Mapping[str, object]) -> Evaluation:
    """Return the results for one subject and day; raises InvalidInput with a pointer per fault."""
    try:
        return evaluate(packs, subject, on, observations)
    except InvalidInputError as error:
        raise not_judgeable(error) from None
