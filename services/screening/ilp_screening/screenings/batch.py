"""Reads the items of a batch one by one and tells what became of each: never all or nothing."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import orjson
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from ilp_screening.refusals import CHECK_FIELDS, invalid
from ilp_screening.screenings.commands import Outcome, RecordScreening
from ilp_screening.screenings.schemas import ScreeningRequest
from ilp_shared.auth.principal import Principal
from ilp_shared.http.idempotency import hash_of
from ilp_shared.http.refusals import field_errors
from ilp_shared.ids import new_id
from ilp_shared.problems import InvalidInput, Problem
from ilp_shared.text import Language, Text

_KEY = "idempotency_key"
_MAX_KEY = 255
_NO_KEY = Text("Sertakan kunci buatan klien, 1–255 huruf.", "Send a key made by the client, 1–255 characters.")


def read_item(
    item: Mapping[str, object], principal: Principal, received_at: datetime, traceparent: str
) -> RecordScreening | Problem:
    """Return the command of one item or what is wrong with it; its hash is that of the same screening sent alone."""
    key = item.get(_KEY)
    if not isinstance(key, str) or not 0 < len(key.strip()) <= _MAX_KEY:
        return invalid(f"/{_KEY}", "missing", _NO_KEY)
    body = {name: value for name, value in item.items() if name != _KEY}
    try:
        request = ScreeningRequest.model_validate(body)
    except ValidationError as error:
        return InvalidInput(CHECK_FIELDS, errors=field_errors(RequestValidationError(error.errors())))
    return RecordScreening(
        principal, key.strip(), hash_of(body), request.id or new_id(), request, received_at, traceparent
    )


def result_of(item: Mapping[str, object], became: Outcome | Problem, language: Language) -> dict[str, object]:
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
    return result | {"problem": became.document(language).model_dump(mode="json", exclude_none=True)}


def _readable_id(value: object) -> str | None:
    try:
        return str(UUID(value)) if isinstance(value, str) else None
    except ValueError:
        return None
