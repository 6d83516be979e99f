"""Reads the items of a batch one by one and tells what became of each: never all or nothing.

Called by the route of batches. What nobody expected of one item is that item's problem too.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import orjson
import structlog
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from ilp_screening.refusals import CHECK_FIELDS, invalid
from ilp_screening.screenings.commands import Outcome, RecordScreening
from ilp_screening.screenings.keys import usable_key
from ilp_screening.screenings.recorder import Recorder, uncertain
from ilp_screening.screenings.schemas import ScreeningRequest
from ilp_shared.auth.principal import Principal
from ilp_shared.db.transient import is_transient
from ilp_shared.http.submissions import hash_of
from ilp_shared.http.refusals import field_errors
from ilp_shared.ids import new_id
from ilp_shared.problems import InvalidInput, Problem
from ilp_shared.text import Language, Text

_KEY = "idempotency_key"
_NO_KEY = Text(
    "Sertakan kunci buatan klien, 1–255 huruf tercetak.", "Send a key made by the client, 1–255 printable characters."
)
_BROKEN = Text(
    "Butir ini gagal di server; sebutkan trace_id saat melapor. Butir lain tidak terpengaruh.",
    "The server failed on this item; quote trace_id when you report it. Other items are not affected.",
)
log = structlog.get_logger()


def read_item(
    item: Mapping[str, object], principal: Principal, received_at: datetime, traceparent: str
) -> RecordScreening | Problem:
    """Return the command of one item or what is wrong with it; its hash is that of the same screening sent alone."""
    key = usable_key(item.get(_KEY))
    if key is None:
        return invalid(f"/{_KEY}", "missing", _NO_KEY)
    body = {name: value for name, value in item.items() if name != _KEY}
    try:
        request = ScreeningRequest.model_validate(body)
        known_by = hash_of(body)
    except ValidationError as error:
        return InvalidInput(CHECK_FIELDS, errors=field_errors(RequestValidationError(error.errors())))
    except Problem as problem:
        return problem
    return RecordScreening(principal, key, known_by, request.id or new_id(), request, received_at, traceparent)


async def settled(recorder: Recorder, command: RecordScreening | Problem, deadline_s: float) -> Outcome | Problem:
    """Record one item; whatever becomes of it, the other items keep their own outcome."""
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
    item: Mapping[str, object], became: Outcome | Problem, language: Language, trace_id: str
) -> dict[str, object]:
    """Return the wire form of a BatchResult."""
    key = item.get(_KEY)
    result: dict[str, object] = {_KEY: key if isinstance(key, str) else None}
    if isinstance(became, Outcome):
        answer = orjson.loads(became.body)
        result["status"] = "duplicate" if became.replayed else "accepted"
        return result | {name: answer[name] for name in ("id", "version", "results", "not_evaluated")}
    result["status"] = "conflict" if became.status == 409 and not became.retryable else "rejected"
    if (identity := _readable_id(item.get("id"))) is not None:
        result["id"] = identity
    trace = trace_id if became.status >= 500 else None
    return result | {"problem": became.document(language, trace_id=trace).model_dump(mode="json", exclude_none=True)}


def _readable_id(value: object) -> str | None:
    try:
        return str(UUID(value)) if isinstance(value, str) else None
    except ValueError:
        return None
