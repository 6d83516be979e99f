"""Health, metrics and the event feed: the operational routes of every service."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from ilp_shared.auth.permissions import PUBLIC, Permission, Role
from ilp_shared.auth.principal import Principal
from ilp_shared.bus.archive.event_log import read_feed
from ilp_shared.bus.contract.catalog import SHARDS
from ilp_shared.http.guard import NO_TOKEN, can
from ilp_shared.http.openapi import OPERATIONS, problem_responses
from ilp_shared.http.resources import resources_of
from ilp_shared.models import Output

router = APIRouter(tags=[OPERATIONS])
_public = can(PUBLIC)
EVENTS_READ = Permission("events:read", frozenset({Role.INTEGRATOR}))


class Health(Output):
    """Keadaan satu proses.

    State of one process.
    """

    status: Literal["ok", "draining", "unavailable"]
    """Siap, sedang berhenti, atau belum dapat melayani / ready, ending, or unable to serve"""


class FeedEvent(Output):
    """Satu peristiwa dari arsip, sebagai atribut CloudEvents dan isinya.

    One archived event as CloudEvents attributes and its data (JSON text).
    """

    id: str
    """Nomor peristiwa, untuk mengenali kiriman ganda / identifier that reveals duplicates"""
    type: str
    """Jenis peristiwa dengan versi utamanya / kind of event with its major version"""
    shard: int
    """Bagian arsip tempat urutan berlaku / part of the archive in which the order holds"""
    sequence: int
    """Urutan tanpa celah dalam shard / gap-free position in the shard"""
    aggregateid: str
    """Catatan yang diceritakan peristiwa / the record that the event is about"""
    aggregateversion: int
    """Versi catatan setelah peristiwa / the record's version after the event"""
    areacode: str
    """Kode wilayah catatan / area of the record"""
    occurredat: str
    """Waktu kejadian di lapangan / when it happened in the field"""
    time: str
    """Waktu pencatatan di server / when the server recorded it"""
    data: str
    """Isi peristiwa sebagai teks JSON / payload as JSON text"""


@router.get("/health/live", dependencies=[_public], summary="Proses hidup", openapi_extra=NO_TOKEN)
async def live() -> Health:
    """Answer while the event loop runs; nothing else is checked."""
    return Health(status="ok")


@router.get(
    "/health/ready",
    dependencies=[_public],
    summary="Siap melayani",
    responses={503: {"model": Health}},
    openapi_extra=NO_TOKEN,
)
async def ready(request: Request, response: Response) -> Health:
    """Tell whether requests can be served: the database is usable, the process not draining. Kafka may be down."""
    resources = resources_of(request)
    if resources.draining.is_set():
        response.status_code = 503
        return Health(status="draining")
    try:
        async with resources.database.pool.acquire(timeout=2) as conn:
            await conn.fetchval("SELECT version_num FROM alembic_version", timeout=2)
    except Exception:
        response.status_code = 503
        return Health(status="unavailable")
    return Health(status="ok")


@router.get("/metrics", dependencies=[_public], include_in_schema=False)
async def metrics() -> Response:
    """Return the Prometheus metrics of this process."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


@router.get("/v1/events", responses=problem_responses(), summary="Baca arsip peristiwa")
async def feed(
    request: Request,
    reader: Annotated[Principal, can(EVENTS_READ)],
    shard: Annotated[int, Query(ge=0, lt=SHARDS, description="Bagian arsip / part of the archive")],
    after: Annotated[int, Query(ge=0, le=2**62, description="Urutan terakhir yang dimiliki / last one held")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000, description="Jumlah peristiwa / number of events")] = 500,
) -> list[FeedEvent]:
    """Baca arsip peristiwa tanpa Kafka: peristiwa satu shard di atas suatu urutan, dari wilayah akun ini saja.

    Read the event archive without Kafka: events of one shard above a sequence, in order, of this account's areas only.
    """
    async with resources_of(request).database.pool.acquire() as conn:
        rows = await read_feed(conn, reader.areas, shard, after, limit)
    return [
        FeedEvent(
            id=str(r["event_id"]),
            type=r["type"],
            shard=r["shard"],
            sequence=r["sequence"],
            aggregateid=str(r["aggregate_id"]),
            aggregateversion=r["aggregate_version"],
            areacode=r["area_code"],
            occurredat=r["occurred_at"].isoformat(),
            time=r["recorded_at"].isoformat(),
            data=r["data"],
        )
        for r in rows
    ]
