"""`GET /v1/situations/{area}/stream`: changes of an area, those below it and the regencies taking part."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent

from ilp_monitoring.deps import AreaPath, current_period
from ilp_monitoring.indicators.router import SITUATION_READ
from ilp_monitoring.live.broadcaster import Broadcaster
from ilp_monitoring.live.schemas import Heartbeat, Reload, StreamQuery
from ilp_monitoring.live.stream import Stream
from ilp_monitoring.situations.repository import areas_by_code
from ilp_monitoring.situations.schemas import SituationKey
from ilp_monitoring.situations.service import areas_followed
from ilp_shared import metrics
from ilp_shared.auth.principal import Principal
from ilp_shared.http.guard import absent, can, require_area
from ilp_shared.http.openapi import problem_responses
from ilp_shared.http.resources import Resources, ServiceResources
from ilp_shared.problems import Unauthenticated
from ilp_shared.text import Text
from ilp_shared.write.uow import open_read

router = APIRouter(prefix="/v1/situations", tags=["situasi"])
_BEAT_EVERY_S = 15.0
_RETRY_MS = 2_000
_UNKNOWN = -1
_EXPIRED = Text("Sesi berakhir; masuk lagi.", "The session is over; sign in again.")


@dataclass(frozen=True)
class Watch:
    """A checked request for a stream. `last` is None for "send everything", -1 for an id that no stream has given."""

    resources: Resources
    account: str
    key: SituationKey
    codes: Sequence[str]
    last: int | None
    expires_at: float


async def open_watch(
    resources: ServiceResources,
    reader: Annotated[Principal, can(SITUATION_READ)],
    area: AreaPath,
    query: Annotated[StreamQuery, Query()],
    last_event_id: Annotated[
        str | None, Header(description="Dikirim peramban saat menyambung lagi / sent by browsers that reconnect")
    ] = None,
) -> Watch:
    """Check scope and area before the answer starts."""
    require_area(reader, area)
    if reader.expires_at <= time.time():  # other routes accept it for a moment longer; a stream would end at once
        raise Unauthenticated(_EXPIRED)
    async with open_read(resources.database, reader.areas) as session:
        if area not in await areas_by_code(session, [area]):
            raise absent()
        key = query.key(area, current_period(resources.clock, area))
        codes = await areas_followed(session, key)
    resume = _resume_point(query.last, last_event_id)
    return Watch(resources, reader.subject, key, codes, resume, reader.expires_at)


def _resume_point(last: int | None, last_event_id: str | None) -> int | None:
    """Return the sequence to go on from. The header wins: browsers add it to the address that they opened before."""
    if last_event_id is None:
        return last
    return int(last_event_id) if last_event_id.isdecimal() and len(last_event_id) <= 18 else _UNKNOWN


@dataclass(frozen=True)
class Attached:
    """A client with its connection slot; `missed` is the sequence to reload at, None when it has everything."""

    watch: Watch
    broadcaster: Broadcaster
    stream: Stream
    missed: int | None


async def attach(watch: Annotated[Watch, Depends(open_watch)]) -> AsyncIterator[Attached]:
    """Take a slot and read what was missed, before the answer starts: a refusal is still possible."""
    broadcaster = watch.resources.part(Broadcaster)
    async with broadcaster.watch(watch.account, watch.key, watch.codes) as (hub, stream):
        yield Attached(watch, broadcaster, stream, await hub.start(stream, watch.last))


@router.get(
    "/{area}/stream",
    summary="Perubahan langsung",
    response_class=EventSourceResponse,
    responses=problem_responses(404, 422, 429),
)
async def stream_changes(attached: Annotated[Attached, Depends(attach)]) -> AsyncIterable[ServerSentEvent]:
    """Kirim perubahan angka: peristiwa `indicator`, `detak` tiap 15 detik, `muat-ulang` bila terlalu lama terputus.

    Send changed numbers: events `indicator`, `detak` each 15 s, `muat-ulang` after too long an absence.
    """
    missed = attached.missed
    if missed is not None:
        metrics.LIVE_FRAMES.labels("muat-ulang").inc()
        yield ServerSentEvent(event="muat-ulang", id=str(missed), data=Reload(sequence=missed), retry=_RETRY_MS)
    async for event in _send(attached):
        metrics.LIVE_FRAMES.labels(event.event).inc()
        yield event


async def _send(attached: Attached) -> AsyncIterable[ServerSentEvent]:
    watch, stream = attached.watch, attached.stream
    next_patch = next_beat = time.monotonic()
    while not stream.closed and (left_s := watch.expires_at - time.time()) > 0:
        now = time.monotonic()
        if stream.waiting and now >= next_patch:
            next_patch = now + attached.broadcaster.pace_s
            patch = stream.take()
            yield ServerSentEvent(event="indicator", id=str(patch.sequence), data=patch, retry=_RETRY_MS)
        elif now >= next_beat:
            next_beat = now + _BEAT_EVERY_S
            beat = Heartbeat(at=watch.resources.clock.now(), checked_at=attached.broadcaster.checked_at)
            yield ServerSentEvent(event="detak", data=beat)
        else:
            due = min(next_beat, next_patch) if stream.waiting else next_beat
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(due - now, left_s)):
                    await stream.changed.wait()
            stream.changed.clear()
    stream.close("expired")
