"""Body of a stateless evaluation; its answer is `rules.models.Evaluation`."""

from typing import Annotated, ClassVar

from pydantic import Field, JsonValue

from ilp_screening.rules.case import Context
from ilp_screening.rules.models import Subject
from ilp_shared import examples
from ilp_shared.models import Input
from ilp_shared.scalars import AreaCode, Day


class EarlierInput(Input):
    """Pengamatan pada hari sebelumnya, untuk kecenderungan dan jadwal.

    What was observed on an earlier day, for trends and schedules.
    """

    occurred_on: Day
    """Hari pengamatan itu TTTT-BB-HH / day of those observations YYYY-MM-DD"""
    observations: dict[str, JsonValue]
    """Nilai hari itu menurut kode / values of that day by code"""


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
    context: Context | None = None
    """Kehamilan, tempat, dan lainnya / pregnancy, place, and the like"""
    earlier: Annotated[tuple[EarlierInput, ...], Field(max_length=100)] = ()
    """Pengamatan sebelumnya / what was observed before"""
    area: AreaCode | None = None
    """Wilayah faskes, bila memilih aturan sendiri / area of the facility, where it has chosen rules of its own"""
