"""Composition root: the screening API with its packs and the recorder that shares commits."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import FastAPI

from ilp_screening.bundle.router import router as bundle
from ilp_screening.bundle.service import Bundles
from ilp_screening.catalog.router import router as catalog
from ilp_screening.evaluations.router import router as evaluations
from ilp_screening.open_days.router import router as open_days
from ilp_screening.packs.loader import load_library
from ilp_screening.recording.recorder import Recorder
from ilp_screening.recording.router import router as recording
from ilp_screening.rules.contents import Library
from ilp_screening.screenings.router import router as screenings
from ilp_screening.settings import packs_folder
from ilp_shared.http import app as shared
from ilp_shared.http.resources import Resources
from ilp_shared.settings import ServiceSettings
from ilp_shared.text import Text

_SUMMARY: Final = Text(
    "Skrining: penilaian, hari buka, dan hasil dengan alasan", "Screening: evaluation, open days, results with reasons"
)
_TAGS: Final = {
    "skrining": Text(
        "Mencatat, membaca, memperbaiki, dan membatalkan skrining. Mulai di sini.",
        "Record, read, correct and void screenings. Start here.",
    ),
    "hari buka": Text("Hari pelayanan posyandu dan faskes lain.", "Days on which posyandu and other facilities serve."),
    "penilaian": Text("Mencoba penilaian tanpa menyimpan, tanpa token.", "Try the judging: stores nothing, no token."),
    "paket aturan": Text(
        "Kode pengamatan, dan aturan penilaian dengan sumbernya.",
        "Codes of observations, and the rules of judging with their sources.",
    ),
}


def create_app(settings: ServiceSettings) -> FastAPI:
    """Return the app; packs are read when its lifespan starts, and a damaged pack stops it there."""
    return shared.create_app(
        settings,
        name="screening",
        schema="screening",
        package=__package__,
        summary=_SUMMARY,
        tags=_TAGS,
        # Routes are tried in this order: the hottest first.
        routers=(recording, evaluations, catalog, bundle, open_days, screenings),
        parts=_parts,
    )


@asynccontextmanager
async def _parts(resources: Resources) -> AsyncIterator[None]:
    library = load_library(packs_folder(resources.settings))
    recorder = Recorder(resources.database.pool, library)
    resources.parts.update({Library: library, Bundles: Bundles(library), Recorder: recorder})
    try:
        yield
    finally:
        await recorder.close()
