"""Records the items of a batch one by one and answers each by itself: never all or nothing.

An unexpected failure of one item is a problem of that item alone.
"""

from datetime import datetime, timedelta
from typing import Final

import structlog

from ilp_screening.recording.recorder import Recorded, Recorder, RecordScreening, uncertain
from ilp_screening.recording.schemas import ScreeningBatchResult, ScreeningInput
from ilp_shared.auth.principal import Principal
from ilp_shared.db.transient import is_transient
from ilp_shared.http.submissions import Item
from ilp_shared.ids import new_id
from ilp_shared.problems import Problem
from ilp_shared.text import Language, Text

_BROKEN: Final = Text(
    "Butir ini gagal di server; sebutkan trace_id saat melapor. Butir lain tidak terpengaruh.",
    "The server failed on this item; quote trace_id when you report it. Other items are not affected.",
)
log = structlog.get_logger()


def command_of(
    item: Item[ScreeningInput], principal: Principal, received_at: datetime, oldest: timedelta
) -> RecordScreening | Problem:
    """Return the command of one item, or its refusal."""
    content = item.form
    if isinstance(content, Problem):
        return content
    assert item.key is not None  # noqa: S101 - only what was refused has no key
    return RecordScreening(principal, item.key, item.request_hash, content.id or new_id(), content, received_at, oldest)


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
    item: Item[ScreeningInput], outcome: Recorded | Problem, language: Language, trace_id: str
) -> ScreeningBatchResult:
    """Return the result of one item as the API answers it."""
    if isinstance(outcome, Recorded):
        screening = outcome.screening
        return ScreeningBatchResult(
            idempotency_key=item.sent_key,
            status="duplicate" if outcome.replayed else "accepted",
            id=screening.id,
            version=screening.version,
            problem=None,
            results=screening.results,
            not_evaluated=screening.not_evaluated,
            summary=screening.summary,
            warnings=screening.warnings,
        )
    trace = trace_id if outcome.status >= 500 else None
    return ScreeningBatchResult.refused(item.sent_key, outcome, language, trace_id=trace)
