"""Bodies and answers of the recording routes. Shapes are checked here, values by the rules."""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field, JsonValue, WithJsonSchema

from ilp_screening.rules.models import NotEvaluated, Result, Summary
from ilp_screening.screenings.schemas import Observations
from ilp_shared import examples
from ilp_shared.http.batches import MAX_ITEMS, BatchResult, items_schema
from ilp_shared.models import Input
from ilp_shared.scalars import Instant

PerformerRole = Literal["kader", "midwife", "nurse", "doctor", "nutritionist", "other"]


class PerformerInput(Input):
    """Profesi orang yang mengukur.

    The profession of the person who measured.
    """

    role: PerformerRole
    """Profesi pengukur / profession"""


class ScreeningInput(Input):
    """Satu skrining seperti dikirim perangkat; `id` boleh dibuat perangkat untuk kerja luring.

    One screening as a device sends it; `id` may be made by the device, so that it can refer to it offline.
    """

    EXAMPLE: ClassVar = {
        "id": examples.SCREENING_ID,
        "person_id": examples.PERSON_ID,
        "facility_id": examples.FACILITY_ID,
        "open_day_id": examples.OPEN_DAY_ID,
        "occurred_at": examples.MORNING,
        "observations": examples.OBSERVATIONS,
    }

    id: UUID | None = None
    """UUID buatan perangkat; kosong berarti dibuatkan / UUID made by the device, else made here"""
    person_id: UUID
    """Orang yang diskrining / who was screened"""
    facility_id: UUID
    """Faskes tempat skrining / where it took place"""
    open_day_id: UUID | None = None
    """Hari buka tempat skrining, bila ada / the day of service it belongs to, if any"""
    occurred_at: Instant
    """Waktu pengamatan, ISO 8601 dengan zona / time of the observations, ISO 8601 with zone"""
    observations: Observations
    """Nilai menurut kode dari `GET /v1/packs` / values by the codes of `GET /v1/packs`"""
    performer: PerformerInput | None = None
    """Yang mengukur; kosong berarti peran akun / who measured; by default the account's role"""


class ScreeningBatchInput(Input):
    """Sampai 500 skrining, masing-masing seperti POST /v1/screenings dengan `idempotency_key`.

    Up to 500 screenings, each as for POST /v1/screenings plus `idempotency_key`.
    """

    EXAMPLE: ClassVar = {
        "items": [
            {
                "idempotency_key": examples.BATCH_KEY,
                "person_id": examples.PERSON_ID,
                "facility_id": examples.FACILITY_ID,
                "occurred_at": examples.MORNING,
                "observations": examples.OBSERVATIONS,
            }
        ]
    }

    items: Annotated[
        list[dict[str, JsonValue]],
        Field(min_length=1, max_length=MAX_ITEMS),
        WithJsonSchema(items_schema(ScreeningInput)),
    ]
    """Skrining yang dicatat / screenings to record"""


class ScreeningBatchResult(BatchResult):
    """Hasil satu butir, dengan penilaiannya bila tercatat.

    Outcome of one item, with the results of the rules where it is recorded.
    """

    results: tuple[Result, ...] | None
    """Penilaian butir ini / judged questions of this item"""
    not_evaluated: tuple[NotEvaluated, ...] | None
    """Pertanyaan yang belum dapat dinilai / questions that could not be judged"""
    summary: Summary | None
    """Ringkasan untuk keluarga / what to tell the family"""
