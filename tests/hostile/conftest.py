"""The four services, each with one object of its own and behind a real server, for everything hostile that is sent."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest_asyncio

from ilp_shared.auth.permissions import Role
from tests.access.objects import OPENERS, Reach
from tests.access.routes import Route
from tests.support.api import Issuer, listening
from tests.support.databases import Databases


@dataclass(frozen=True)
class Target:
    """One service: its address, its object, and tokens for it."""

    name: str
    url: str
    reach: Reach
    issuer: Issuer

    def role_for(self, method: str, path: str) -> Role:
        """Return a role that may use a route: the midwife where she may, because a kader may move fewer tasks."""
        route: Route = next(r for r in self.reach.routes if (r.method, r.path) == (method.upper(), path))
        allowed = route.permission.roles
        return Role.MIDWIFE if Role.MIDWIFE in allowed else min(allowed)

    def authorization(self, role: str, *areas: str) -> dict[str, str]:
        """Return the header of a role in some areas (the nation by default)."""
        return {"Authorization": f"Bearer {self.issuer.token(role, *areas)}"}


@pytest_asyncio.fixture(scope="session")
async def targets(databases: Databases, issuer: Issuer) -> AsyncIterator[dict[str, Target]]:
    """Provide the four services by name."""
    async with AsyncExitStack() as stack:
        by_name = {}
        for name, opened in OPENERS.items():
            reach = await stack.enter_async_context(opened(databases, issuer))
            url = await stack.enter_async_context(listening(reach.app))
            by_name[name] = Target(name, url, reach, issuer)
        yield by_name
