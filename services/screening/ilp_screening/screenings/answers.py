"""Shows stored screenings as the API answers them."""

from ilp_screening.screenings.models import Screening, ScreeningVersion
from ilp_screening.screenings.schemas import ScreeningAnswer, VersionAnswer


def answer_of(row: Screening) -> ScreeningAnswer:
    """Return the current state of a screening."""
    return ScreeningAnswer.model_validate({**row.model_dump(), "performer": {"role": row.performer_role}})


def version_of(row: ScreeningVersion) -> VersionAnswer:
    """Return one version of a screening."""
    return VersionAnswer.model_validate(row.model_dump())
