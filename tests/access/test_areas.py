"""Every route that names an object × every relation of the caller's area to it: outside, the object does not exist.

Own village and areas above it reach the object; siblings, areas below, other regencies and provinces get the same
404 as for an id that never was, and lists do not show it.
"""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.access.grants import GRANTS
from tests.access.objects import HOME, OPENERS, Reach
from tests.access.routes import Route
from tests.support.api import Issuer
from tests.support.databases import Databases

OUTSIDE = ("13.76.01.1003", "13.76.01.1002.RW01", "13.76.02", "14.72", "62")
INSIDE = (HOME, "13.76.01", "13.76", "13", "id")


@pytest_asyncio.fixture(scope="module", loop_scope="session", params=OPENERS)
async def reach(request: pytest.FixtureRequest, databases: Databases, issuer: Issuer) -> AsyncIterator[Reach]:
    """Yield the objects of one service."""
    async with OPENERS[request.param](databases, issuer) as objects:
        yield objects


def _role(route: Route) -> str:
    """Return a role that may use the route: the midwife where she may, because a kader's moves are limited further."""
    allowed = GRANTS[route.permission.name]
    return "midwife" if "midwife" in allowed else min(allowed)


async def _ask(reach: Reach, issuer: Issuer, route: Route, area: str) -> int:
    body = None if route.method in ("GET", "HEAD") else reach.bodies[route.path]
    headers = issuer.headers(_role(route), area)
    answer = await reach.client.request(route.method, reach.url(route), headers=headers, json=body)
    return int(answer.status_code)


async def test_there_are_routes_to_try(reach: Reach) -> None:
    assert len(reach.by_id()) >= 3


@pytest.mark.parametrize("area", OUTSIDE)
async def test_outside_its_areas_an_object_does_not_exist(reach: Reach, issuer: Issuer, area: str) -> None:
    for route in reach.by_id():
        assert await _ask(reach, issuer, route, area) == 404, f"{route} from {area}"


async def test_a_token_for_what_is_no_area_code_is_refused(reach: Reach, issuer: Issuer) -> None:
    for route in reach.by_id():
        assert await _ask(reach, issuer, route, "13.7") == 401, str(route)


@pytest.mark.parametrize("area", OUTSIDE)
async def test_lists_do_not_show_it_outside(reach: Reach, issuer: Issuer, area: str) -> None:
    for path, query in reach.lists.items():
        answer = await reach.client.get(path, params=query, headers=issuer.headers("midwife", area))
        assert answer.status_code == 404 or answer.json()["items"] == [], f"{path} from {area}"


@pytest.mark.parametrize("area", INSIDE)
async def test_inside_it_is_listed(reach: Reach, issuer: Issuer, area: str) -> None:
    for path, query in reach.lists.items():
        answer = await reach.client.get(path, params=query, headers=issuer.headers("midwife", area))
        assert len(answer.json()["items"]) >= 1, f"{path} from {area}"


@pytest.mark.parametrize("area", INSIDE)
async def test_inside_it_is_reached(reach: Reach, issuer: Issuer, area: str) -> None:
    for route in reach.by_id():
        if route.path.endswith("/stream"):
            continue  # it would not end; its refusals are tested above
        assert await _ask(reach, issuer, route, area) not in (401, 403, 404, 422), f"{route} from {area}"
