"""Body of a stateless evaluation; its answer is `rules.models.Evaluation`."""

from typing import ClassVar

from pydantic import JsonValue

from ilp_screening.rules.models import Subject
from ilp_shared import examples
from ilp_shared.models import Input
from ilp_shared.scalars import Day


class EvaluationInput(Input):
    """Orang dan pengamatan untuk dinilai; `occurred_on` wajib bila ada tanggal lahir.

    A subject and observations to judge; `occurred_on` is required with a birth date.
    """

    EXAMPLE: ClassVar = {
        "subject": {"sex": "male", "birth_date": examples.BIRTH_DATE},
        "occurred_on": examples.YESTERDAY,
        "observations": examples.OBSERVATIONS,
    }

    subject: Subject
    """Orang yang dinilai / person to judge"""
    occurred_on: Day | None = None
    """Hari pengamatan TTTT-BB-HH / day of the observations YYYY-MM-DD"""
    observations: dict[str, JsonValue]
    """Nilai menurut kode dari `GET /v1/packs` / values by the codes of `GET /v1/packs`"""
