"""Bodies and answers of the recording routes. Shapes are checked here, values by the rules."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, JsonValue, WithJsonSchema

from ilp_screening.rules.models import NotEvaluated, Result
from ilp_screening.screenings.schemas import Observations
from ilp_shared.http.batches import MAX_ITEMS, BatchResult, items_schema
from ilp_shared.models import Input
from ilp_shared.scalars import Instant

PerformerRole = Literal["kader", "midwife", "nurse", "doctor", "nutritionist", "other"]


class PerformerInput(Input):
    """The profession of the person who measured."""

    role: PerformerRole


class ScreeningInput(Input):
    """One screening as a device sends it; `id` may be made by the device, so that it can refer to it offline."""

    id: UUID | None = None
    person_id: UUID
    facility_id: UUID
    open_day_id: UUID | None = None
    occurred_at: Instant
    observations: Observations
    performer: PerformerInput | None = None


class ScreeningBatchInput(Input):
    """Up to 500 screenings, each as for POST /v1/screenings plus `idempotency_key`."""

    items: Annotated[
        list[dict[str, JsonValue]],
        Field(min_length=1, max_length=MAX_ITEMS),
        WithJsonSchema(items_schema(ScreeningInput)),
    ]


class ScreeningBatchResult(BatchResult):
    """Outcome of one item, with the results of the rules where it is recorded."""

    results: tuple[Result, ...] | None
    not_evaluated: tuple[NotEvaluated, ...] | None
