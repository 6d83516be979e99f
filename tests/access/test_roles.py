"""Every route of every service × every role: without a token 401, with a role that may not 403, otherwise neither.

The expectation comes from the table in `grants.py`. That each route names the right permission is a matter of review;
that its roles are those of the table, and that the route enforces them, is shown here.
"""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from ilp_shared.auth.permissions import PUBLIC, Role
from tests.access.grants import GRANTS, ROLES
from tests.access.routes import SERVICES, Route, routes_of
from tests.access.settings import EXTRA
from tests.support.api import Issuer, open_api
from tests.support.databases import Databases


@pytest_asyncio.fixture(scope="module", loop_scope="session", params=SERVICES, ids=lambda s: s.name)
async def served(
    request: pytest.FixtureRequest, databases: Databases, issuer: Issuer
) -> AsyncIterator[tuple[list[Route], httpx2.AsyncClient]]:
    """Yield the routes of one service and a client on it."""
    service = request.param
    extra: dict[str, Any] = EXTRA.get(service.name, {})
    async with open_api(service, await databases.create(service), issuer, **extra) as api:
        yield list(routes_of(service, api.app)), api.client


async def _status(client: httpx2.AsyncClient, route: Route, headers: dict[str, str]) -> int:
    body: dict[str, str] | None = {} if route.method in ("POST", "PUT", "PATCH", "DELETE") else None
    async with client.stream(route.method, route.url, headers=headers, json=body) as answer:
        return answer.status_code


def _finite(routes: list[Route]) -> list[Route]:
    """Return the routes without streams, which do not end when they are allowed: only their refusals are tested."""
    return [route for route in routes if not route.path.endswith("/stream")]


def test_the_table_names_every_role() -> None:
    assert {role.value for role in Role} == ROLES


async def test_permissions_are_declared_as_in_the_table(served: tuple[list[Route], httpx2.AsyncClient]) -> None:
    routes, _ = served
    declared = {route.permission.name: {role.value for role in route.permission.roles} for route in routes}
    assert declared == {name: GRANTS[name] for name in declared}


async def test_without_a_token_only_public_routes_answer(served: tuple[list[Route], httpx2.AsyncClient]) -> None:
    routes, client = served
    for route in routes:
        status = await _status(client, route, {})
        assert (status == 401) == (route.permission != PUBLIC), f"{route}: {status}"


@pytest.mark.parametrize("role", list(Role))
async def test_a_role_reaches_exactly_what_the_table_grants(
    served: tuple[list[Route], httpx2.AsyncClient], issuer: Issuer, role: Role
) -> None:
    routes, client = served
    headers = issuer.headers(role, "13.76")
    for route in routes:
        allowed = role.value in GRANTS[route.permission.name]
        if allowed and route not in _finite(routes):
            continue
        status = await _status(client, route, headers)
        assert (status == 403) == (not allowed), f"{route} as {role}: {status}"
        assert status != 401, f"{route} as {role}"
        assert status < 500, f"{route} as {role}: {status}"
