"""Something to record: posyandu of a village where no other test works."""

from uuid import UUID

import httpx2

from ilp_shared.ids import new_id
from tests.support.platform import Platform

REGENCY = "36.71"


async def register(platform: Platform, facility: UUID) -> httpx2.Response:
    """Register a posyandu through the front door; returns the answer, whatever it is."""
    (village, *_) = await platform.rows(
        "registry", "SELECT code FROM area WHERE level = 'village' AND code LIKE $1 ORDER BY code", REGENCY + ".%"
    )
    body = {"id": str(facility), "kind": "posyandu", "name": "Posyandu Runbook", "area_code": village["code"]}
    return await platform.client.post("/registry/v1/facilities", json=body, headers=platform.headers("dinas", REGENCY))


async def registered(platform: Platform, facility: UUID | None = None) -> UUID:
    """Register a posyandu; returns its id."""
    facility = facility or new_id()
    (await register(platform, facility)).raise_for_status()
    return facility
