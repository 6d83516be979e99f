"""A service's API in the test's own process: real app, real database, tokens of the development issuer."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx2
import uvicorn
from fastapi import FastAPI

from ilp_shared.auth import development
from ilp_shared.db.database import Database
from ilp_shared.http.resources import Resources
from ilp_shared.ids import new_id
from ilp_shared.limits import Limits
from ilp_shared.service import Service
from tests.support.addresses import connected, unnamed
from tests.support.databases import DatabaseUrls

UNLIMITED = dict.fromkeys(Limits.model_fields, 1_000_000)
"""What tests of other things may ask for: they share accounts and wait for nothing."""


@dataclass(frozen=True)
class Issuer:
    """Signs test tokens."""

    folder: Path

    def token(self, role: str, *areas: str, lifetime_s: int = 3600, subject: str | None = None) -> str:
        """Return a token for a role and areas (`id` = the nation); the subject is made of both unless it is given."""
        scope = areas or ("id",)
        return development.issue_token(self.folder, role=role, areas=scope, subject=subject, lifetime_s=lifetime_s)

    def headers(self, role: str, *areas: str, key: str | None = None) -> dict[str, str]:
        """Return the Authorization header and a fresh (or given) Idempotency-Key."""
        return {"Authorization": f"Bearer {self.token(role, *areas)}", "Idempotency-Key": key or str(new_id())}


@dataclass(frozen=True)
class Api:
    """A running service: its app, a client on it, and what is behind it."""

    service: Service
    urls: DatabaseUrls
    issuer: Issuer
    app: FastAPI
    client: httpx2.AsyncClient

    @property
    def database(self) -> Database:
        """The app's own connections (app role: row-level security binds it)."""
        resources: Resources = self.app.state.resources
        return resources.database

    async def post(
        self, path: str, body: object, *, role: str = "midwife", area: str = "13.76", key: str | None = None
    ) -> httpx2.Response:
        """Send a write as a role in an area."""
        return await self.client.post(path, json=body, headers=self.issuer.headers(role, area, key=key))

    async def get(self, path: str, *, role: str = "midwife", area: str = "13.76", **query: object) -> httpx2.Response:
        """Send a read as a role in an area; `from_` is the parameter `from`."""
        params = {name.rstrip("_"): str(value) for name, value in query.items()}
        return await self.client.get(path, params=params, headers=self.issuer.headers(role, area))

    async def rows(self, statement: str, *values: object, areas: str = "id") -> list[asyncpg.Record]:
        """Read as the app role, with some areas in scope."""
        async with self.database.pool.acquire() as conn, conn.transaction():
            await conn.execute("SELECT set_config('ilp.areas', $1, true)", areas)
            return list(await conn.fetch(statement, *values))

    async def as_owner(self, script: str) -> None:
        """Run a script as the owner of the schema."""
        conn = await connected(self.urls.owner, server_settings={"search_path": self.service.schema})
        try:
            await conn.execute(script)
        finally:
            await conn.close()


@asynccontextmanager
async def open_api(
    service: Service, urls: DatabaseUrls, issuer: Issuer, **extra: str | Mapping[str, str | float]
) -> AsyncIterator[Api]:
    """Yield a service's API (lifespan running); `extra` are further settings."""
    settings = service.settings.model_validate(
        {
            "profile": "development",
            "database_url": urls.app,
            "kafka_bootstrap": "127.0.0.1:1",
            "oidc_issuer": development.ISSUER,
            "oidc_jwks": str(issuer.folder / "jwks.json"),
            "limits": UNLIMITED,
            **extra,
        }
    )
    app = service.create_app(settings)
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False, root_path=settings.root_path)
    async with AsyncExitStack() as stack:
        with unnamed("PostgreSQL", asyncpg.PostgresError):
            await stack.enter_async_context(app.router.lifespan_context(app))
        client = httpx2.AsyncClient(transport=transport, base_url=f"http://test{settings.root_path}")
        yield Api(service, urls, issuer, app, await stack.enter_async_context(client))


@asynccontextmanager
async def listening(app: FastAPI) -> AsyncIterator[str]:
    """Yield the address of a running app behind a real server of this process, set up as a service's own is."""
    config = uvicorn.Config(
        app, port=0, lifespan="off", log_config=None, access_log=False, server_header=False, http="httptools"
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.force_exit = True  # pages keep their streams open
        server.should_exit = True
        await serving
