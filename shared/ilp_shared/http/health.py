"""Health and metrics: the operational routes of every service."""

from typing import Literal

from fastapi import APIRouter, Request, Response

from ilp_shared.auth.permissions import PUBLIC
from ilp_shared.exposition import metrics_response
from ilp_shared.http.guard import NO_TOKEN, can
from ilp_shared.http.openapi import OPERATIONS
from ilp_shared.http.resources import Resources, resources_of
from ilp_shared.models import Output
from ilp_shared.text import Text

router = APIRouter(tags=[OPERATIONS])
_public = can(PUBLIC)


class Health(Output):
    """Keadaan satu proses.

    State of one process.
    """

    status: Literal["ok", "draining", "unavailable"]
    """Siap, sedang berhenti, atau belum dapat melayani / ready, ending, or unable to serve"""
    reason: Text | None = None
    """Mengapa tidak dapat melayani, bila begitu / why it is unable to serve, if it is"""


@router.get(
    "/health/live",
    dependencies=[_public],
    summary="Proses hidup",
    response_model_exclude_none=True,
    openapi_extra=NO_TOKEN,
)
async def live() -> Health:
    """Jawab selama proses berjalan.

    Answer while the event loop runs. Nothing else is checked.
    """
    return Health(status="ok")


@router.get(
    "/health/ready",
    dependencies=[_public],
    summary="Siap melayani",
    responses={503: {"model": Health}},
    response_model_exclude_none=True,
    openapi_extra=NO_TOKEN,
)
async def ready(request: Request, response: Response) -> Health:
    """Sebutkan apakah permintaan dapat dilayani.

    Tell whether requests can be served. The database must be usable. Its schema must not be older than this release's.
    In production the settings must fit the stored data. The process must not be draining. Kafka may be down.
    """
    health = await _health(resources_of(request))
    if health.status != "ok":
        response.status_code = 503
    return health


async def _health(resources: Resources) -> Health:
    if resources.draining.is_set():
        return Health(status="draining")
    reason = await resources.readiness.hindrance()
    return Health(status="ok") if reason is None else Health(status="unavailable", reason=reason)


@router.get("/metrics", dependencies=[_public], include_in_schema=False)
async def metrics(request: Request) -> Response:
    """Return the Prometheus metrics of this process."""
    resources = resources_of(request)
    ready = (await _health(resources)).status == "ok"
    return metrics_response(resources.settings, resources.database, ready=ready)
