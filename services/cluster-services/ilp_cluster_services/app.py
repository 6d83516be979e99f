"""Composition root of the API: settings in, FastAPI app out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import FastAPI

from ilp_cluster_services.policy.loader import load_routing
from ilp_cluster_services.rules.forms import RoutingTables
from ilp_cluster_services.tasks.router import router
from ilp_shared.http.app import create_app as create_shared_app
from ilp_shared.http.resources import Resources
from ilp_shared.settings import ServiceSettings
from ilp_shared.text import Text

_SUMMARY: Final = Text("Tugas tindak lanjut dan rujukan dari hasil skrining", "Follow-up tasks and referrals")
_TAGS: Final = {
    "tugas": Text(
        "Tugas yang lahir dari hasil skrining: menerima, menyelesaikan, membatalkan.",
        "Tasks that come of results of screenings: accept, complete, cancel.",
    )
}


def create_app(settings: ServiceSettings) -> FastAPI:
    """Return the app of cluster-services; nothing is connected before its lifespan starts."""
    return create_shared_app(
        settings,
        name="cluster-services",
        schema="cluster_services",
        package=__package__,
        summary=_SUMMARY,
        tags=_TAGS,
        routers=[router],
        parts=_open_parts,
    )


@asynccontextmanager
async def _open_parts(resources: Resources) -> AsyncIterator[None]:
    resources.parts[RoutingTables] = load_routing()
    yield
