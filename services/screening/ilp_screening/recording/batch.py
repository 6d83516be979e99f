"""Reads the items of a batch one by one and answers each by itself: never all or nothing.

An unexpected failure of one item is a problem of that item alone.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import structlog
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from ilp_screening.recording.recorder import Recorded, Recorder, RecordScreening, uncertain
from ilp_screening.recording.schemas import ScreeningBatchResult, ScreeningInput
from ilp_shared.auth.principal import Principal
from ilp_shared.db.transient import is_transient
from ilp_shared.http.batches import KEY, refused_as
from ilp_shared.http.refusals import field_errors
from ilp_shared.http.resources import Resources
from ilp_shared.http.submissions import item_body, item_key
from ilp_shared.ids import new_id
from ilp_shared.problems import InvalidInput, Problem
from ilp_shared.text import Language, Text
from ilp_shared.write.keys import usable_key

_BROKEN: Final = Text(
    "Butir ini gagal di server; sebutkan trace_id saat melapor. Butir lain tidak terpengaruh.",
    "The server failed on this item; quote trace_id when you report it. Other items are not affected.",
)
log = structlog.get_logger()


def read_item(
    item: Mapping[str, object], principal: Principal, resources: Resources, received_at: datetime
) -> RecordScreening | Problem:
    """Return the command of one item or its refusal; its hash is that of the same screening sent alone."""
    try:
        key, body = item_key(item), item_body(item)
        content = ScreeningInput.model_validate(body)
        request_hash = resources.hash_of(body)
    except ValidationError as error:
        return InvalidInput(errors=field_errors(RequestValidationError(error.errors())))
    except Problem as problem:
        return problem
    return RecordScreening(principal, key, request_hash, content.id or new_id(), content, received_at)


async def record_item(recorder: Recorder, command: RecordScreening | Problem, deadline_s: float) -> Recorded | Problem:
    """Record one item; its failure leaves the other items their own outcome."""
    if isinstance(command, Problem):
        return command
    try:
        return await recorder.record(command, deadline_s=deadline_s)
    except Problem as problem:
        return problem
    except Exception as error:
        if is_transient(error):
            log.warning("storage_unavailable", reason=type(error).__name__)
            return uncertain()
        log.error("batch_item_failed", reason=type(error).__name__, exc_info=error)
        return Problem(_BROKEN)


def result_of(
    item: Mapping[str, object], outcome: Recorded | Problem, language: Language, trace_id: str
) -> ScreeningBatchResult:
    """Return the result of one item as the API answers it."""
    key = usable_key(item.get(KEY))
    if isinstance(outcome, Recorded):
        screening = outcome.screening
        return ScreeningBatchResult(
            idempotency_key=key,
            status="duplicate" if outcome.replayed else "accepted",
            id=screening.id,
            version=screening.version,
            problem=None,
            results=screening.results,
            not_evaluated=screening.not_evaluated,
        )
    document = outcome.document(language, trace_id=trace_id if outcome.status >= 500 else None)
    return ScreeningBatchResult(
        idempotency_key=key,
        status=refused_as(outcome),
        id=document.existing_id,
        version=None,
        problem=document,
        results=None,
        not_evaluated=None,
    )
