"""Shows stored screenings as the API answers them."""

from ilp_screening.screenings.models import Screening, ScreeningVersion
from ilp_screening.screenings.schemas import ScreeningAnswer, VersionAnswer


def answer_of(row: Screening) -> ScreeningAnswer:
    """Return the current state of a screening."""
    return ScreeningAnswer.model_validate({**row.model_dump(), "performer": {"role": row.performer_role}})


def first_answer(content: str) -> ScreeningAnswer:
    """Return a screening from its stored first version; it serialises to the very text of its first answer.

    jsonb keeps no order of keys: the models give the fields theirs, observations are in order of their codes.
    """
    answer = ScreeningAnswer.model_validate_json(content)
    return answer.model_copy(update={"observations": dict(sorted(answer.observations.items()))})


def version_of(row: ScreeningVersion) -> VersionAnswer:
    """Return one version of a screening."""
    return VersionAnswer.model_validate(row.model_dump())
