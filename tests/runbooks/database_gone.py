"""PostgreSQL out of reach of every process, or slow for all."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import time

from ilp_shared.ids import new_id
from tests.faults.platform import BreakablePlatform
from tests.runbooks.exposition import FRONT_DOOR, Exposition
from tests.runbooks.registering import register
from tests.runbooks.scenario import Scenario, incident
from tests.support.platform import Platform

BLIND_S = 10.0
"""The alert rings after half a minute."""
LATENCY_S = 0.4
SLOW_READS = 5
SERVICE, WRITES = {"service": "registry"}, {"method": "POST"}


def refused_writes(seen: Exposition) -> float:
    """Return how many writes of a process were answered with 5xx."""
    counts = [seen.values("ilp_http_request_seconds_count", status=status, **WRITES) for status in ("500", "503")]
    return sum(map(sum, counts))


def slow_reads(seen: Exposition) -> float:
    """Return how many reads took longer than 300 ms."""
    name, read = "ilp_http_request_seconds", {"method": "GET", "route": "/v1/facilities"}
    return sum(seen.values(f"{name}_count", **read)) - sum(seen.values(f"{name}_bucket", le="0.3", **read))


async def write(platform: Platform) -> None:
    """Register a posyandu, or try to."""
    await register(platform, new_id())


async def read(platform: Platform) -> None:
    """Read one facility."""
    await platform.client.get("/registry/v1/facilities?limit=1", headers=platform.headers("analyst"))


@incident(
    Scenario(
        "IlpNotReady",
        "registry-worker",
        rings=lambda seen: min(seen.values("ilp_ready")) < 1,
        shows=(r"unavailable", r"200", r"."),
        codes=(0, 0, 1),
    ),
    Scenario(
        "IlpFrontDoorErrors",
        "registry-api",
        rings=lambda seen: (
            sum(seen.values("ilp_front_door_request_seconds_count", service="registry", status="503")) > 0
        ),
        shown_by=FRONT_DOOR,
        shows=(r"unavailable", r"^ilp_ready 0", r"200"),
    ),
    Scenario(
        "IlpWritesFail",
        "registry-api",
        rings=lambda seen: refused_writes(seen) > 0,
        shows=(r"unavailable", r'method="POST".*status="503"', r"^ilp_database_wait_seconds_count"),
    ),
    Scenario(
        "IlpLiveScreensBlind",
        "monitoring-api",
        rings=lambda seen: time() - min(seen.values("ilp_live_last_look_timestamp_seconds")) > BLIND_S,
        shows=(r"unavailable", r"^ilp_live_last_look_timestamp_seconds", r"^ilp_database_connections"),
    ),
    use=write,
)
@asynccontextmanager
async def database_refuses(platform: BreakablePlatform) -> AsyncIterator[None]:
    """Refuse every connection to the database, while somebody writes."""
    platform.database.refuse()
    try:
        yield
    finally:
        platform.database.heal()


@incident(
    Scenario(
        "IlpReadsSlow",
        "registry-api",
        rings=lambda seen: slow_reads(seen) >= SLOW_READS,
        shows=(r'^ilp_http_request_seconds_sum\{.*route="/v1/facilities"', r"state|\(\d+ rows?\)", r"ok"),
    ),
    use=read,
)
@asynccontextmanager
async def database_slow(platform: BreakablePlatform) -> AsyncIterator[None]:
    """Let every byte to and from the database be late, while somebody reads."""
    platform.database.slow(LATENCY_S)
    try:
        yield
    finally:
        platform.database.heal()
