"""What the page's script reads: the snapshot and the stream of exactly the areas the page shows.

They differ from `/v1/situations/…` for regencies drawn by village: there the page shows villages, not districts.
"""

from collections.abc import AsyncIterable
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from ilp_monitoring.deps import AreaPath, Denominator, Period, Reader, Snapshot, current_period
from ilp_monitoring.live.router import Watch, open_watch, stream_changes
from ilp_monitoring.situations.schemas import Situation
from ilp_monitoring.situations.service import read_situation
from ilp_monitoring.web.detail import codes_below, in_detail
from ilp_shared.auth.guard import require_area
from ilp_shared.db.uow import open_read
from ilp_shared.http.resources import resources_of

router = APIRouter(prefix="/wilayah")


async def open_page_watch(watch: Annotated[Watch, Depends(open_watch)], reader: Reader) -> Watch:
    """Watch the areas of the page under a subject of their own, so that no other board answers."""
    async with open_read(watch.resources.database, reader.areas) as session:
        codes = await codes_below(session, watch.subject.area)
    subject = replace(watch.subject, area=f"{watch.subject.area}/page")
    return replace(watch, subject=subject, codes=(watch.subject.area, *codes))


@router.get("/{area}/stream", response_class=EventSourceResponse)
async def stream_page(watch: Annotated[Watch, Depends(open_page_watch)]) -> AsyncIterable[ServerSentEvent]:
    """Kirim perubahan angka di halaman.

    Send the changes of the page's numbers.
    """
    async for event in stream_changes(watch):
        yield event


@router.get("/{area}/snapshot")
async def read_page_snapshot(
    request: Request, snapshot: Snapshot, area: AreaPath, period: Period = None, denominator: Denominator = "projected"
) -> Situation:
    """Tampilkan angka halaman sebagai JSON.

    Show the page's numbers as JSON.
    """
    require_area(snapshot.principal, area)
    month = period or current_period(resources_of(request).clock, area)
    situation = await read_situation(snapshot.session, area, month, denominator=denominator)
    return await in_detail(snapshot.session, situation)
