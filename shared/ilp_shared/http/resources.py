"""The resources of an API process, opened by its lifespan and available to every request."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated, TypeVar

from fastapi import Depends, Request

from ilp_shared.auth.claims import ClaimMapping
from ilp_shared.auth.principal import Principal
from ilp_shared.auth.tokens import TokenVerifier
from ilp_shared.clock import Clock, SystemClock
from ilp_shared.db.database import Database
from ilp_shared.db.readiness import Misfits, Readiness
from ilp_shared.http.bodies import hash_of
from ilp_shared.http.rates import Rates
from ilp_shared.settings import ServiceSettings

P = TypeVar("P")
SessionReader = Callable[[Request], Awaitable[Principal | None]]
"""Returns the principal of the session that a request's cookie names; None without one."""


@dataclass
class Resources:
    """Database and its readiness, token verifier, rates, clock and drain signal.

    A service adds parts of its own to `parts`, by type.
    """

    settings: ServiceSettings
    database: Database
    readiness: Readiness
    tokens: TokenVerifier
    rates: Rates
    clock: Clock = field(default_factory=SystemClock)
    hash_of: Callable[[object], bytes] = hash_of
    """Hash of a command's body, stored with its key; a keyed one where bodies hold guessable values such as NIK. Under
    several keys it is one digest of 32 bytes after the other."""
    draining: asyncio.Event = field(default_factory=asyncio.Event)
    parts: dict[type, object] = field(default_factory=dict)
    session_reader: SessionReader | None = None
    """Only where a service has pages: then their scripts read its API by the page's session."""

    def part(self, kind: type[P]) -> P:
        """Return the service's own part of a given type."""
        part = self.parts[kind]
        assert isinstance(part, kind)  # noqa: S101 - narrows for the type checker
        return part


@asynccontextmanager
async def open_resources(
    settings: ServiceSettings, schema: str, package: str, misfits: Misfits | None
) -> AsyncIterator[Resources]:
    """Open the resources, yield them, close them; `package` has the revisions of the schema."""
    database = await Database.connect(settings, schema, command_timeout_s=settings.request_deadline_s)
    tokens = TokenVerifier(
        issuer=settings.oidc_issuer,
        audience=settings.oidc_audience,
        jwks=settings.oidc_jwks,
        longest_s=settings.longest_token_s,
        mapping=ClaimMapping(
            settings.oidc_roles_claim,
            settings.oidc_areas_claim,
            settings.oidc_facility_claim,
            settings.oidc_role_names,
        ),
    )
    try:
        readiness = Readiness(database.pool, package, misfits)
        yield Resources(settings, database, readiness, tokens, Rates(settings.limits))
    finally:
        await database.close()


def resources_of(request: Request) -> Resources:
    """Return the resources of the app that serves a request."""
    resources: Resources = request.app.state.resources
    return resources


async def _of_request(request: Request) -> Resources:
    return resources_of(request)  # a coroutine: FastAPI sends plain functions through a thread


ServiceResources = Annotated[Resources, Depends(_of_request)]
"""Type of a route's parameter that holds the resources."""
