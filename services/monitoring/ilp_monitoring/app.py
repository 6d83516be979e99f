"""Builds monitoring's API: definitions, situations, stream, export, recounts, pages."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import FastAPI

from ilp_monitoring.exports import router as exports
from ilp_monitoring.indicators import router as indicators
from ilp_monitoring.live import router as live
from ilp_monitoring.live.broadcaster import open_broadcaster
from ilp_monitoring.recount_runs import router as recount_runs
from ilp_monitoring.sign_in import router as sign_in
from ilp_monitoring.sign_in.guard import read_session
from ilp_monitoring.sign_in.service import SignIn, opened_sign_in
from ilp_monitoring.situations import router as situations
from ilp_monitoring.situations.kept import KeptSituations
from ilp_monitoring.web import pages, sign_in_pages
from ilp_shared.http.app import create_app as create_service_app
from ilp_shared.http.resources import Resources
from ilp_shared.settings import ServiceSettings
from ilp_shared.text import Text

_SUMMARY: Final = Text(
    "Situasi kesehatan setiap wilayah, langsung dan pasti", "The live, exact situation of every area"
)
_TAGS: Final = {
    "situasi": Text(
        "Angka satu wilayah dan wilayah di bawahnya, sekali baca atau terus-menerus. Mulai di sini.",
        "Numbers of an area and those below it, once or as a live stream. Start here.",
    ),
    "indikator": Text("Arti tiap angka dan sumbernya.", "What each number means, and its source."),
    "ekspor": Text("Semua angka suatu wilayah untuk diolah sendiri.", "All numbers of an area, for work of your own."),
    "hitung ulang": Text("Apakah angka sama dengan arsip peristiwa.", "Whether numbers equal the event archives."),
}

_PAGES: Final = (pages, sign_in_pages, sign_in)


def create_app(settings: ServiceSettings) -> FastAPI:
    """Return the app; nothing is connected before its lifespan starts."""
    return create_service_app(
        settings,
        name="monitoring",
        schema="monitoring",
        package=__package__,
        summary=_SUMMARY,
        tags=_TAGS,
        routers=[module.router for module in (indicators, live, situations, exports, recount_runs, *_PAGES)],
        parts=_parts,
        refusal_page=pages.refusal_page,
        forms=("/keluar", "/masuk/penerbit-keluar"),
    )


@asynccontextmanager
async def _parts(resources: Resources) -> AsyncIterator[None]:
    resources.parts[KeptSituations] = KeptSituations(resources.database)
    async with open_broadcaster(resources), opened_sign_in(resources) as opened:
        resources.parts[SignIn] = opened
        resources.session_reader = read_session
        yield
