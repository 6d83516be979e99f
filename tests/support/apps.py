"""A service's API in the test's own process: real app, real database, tokens of the development issuer."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import uvicorn
from fastapi import FastAPI

from ilp_shared.auth import development
from ilp_shared.ids import new_id
from ilp_shared.service import Service
from tests.support.databases import DatabaseUrls


@dataclass(frozen=True)
class Issuer:
    """Signs test tokens."""

    folder: Path

    def token(self, role: str, *areas: str, lifetime_s: int = 3600) -> str:
        """Return a token for a role and areas (`id` = the nation)."""
        return development.issue_token(self.folder, role=role, areas=areas or ("id",), lifetime_s=lifetime_s)

    def headers(self, role: str, *areas: str, key: str | None = None) -> dict[str, str]:
        """Return the Authorization header and a fresh (or given) Idempotency-Key."""
        return {"Authorization": f"Bearer {self.token(role, *areas)}", "Idempotency-Key": key or str(new_id())}


@asynccontextmanager
async def running_api(
    service: Service, urls: DatabaseUrls, issuer: Issuer, **extra: str | Mapping[str, str]
) -> AsyncIterator[tuple[FastAPI, httpx2.AsyncClient]]:
    """Yield the app (lifespan running) and a client on it; `extra` are further settings."""
    settings = service.settings.model_validate(
        {
            "profile": "development",
            "database_url": urls.app,
            "kafka_bootstrap": "127.0.0.1:1",
            "oidc_issuer": development.ISSUER,
            "oidc_jwks": str(issuer.folder / "jwks.json"),
            **extra,
        }
    )
    app = service.create_app(settings)
    async with app.router.lifespan_context(app):
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False, root_path=settings.root_path)
        async with httpx2.AsyncClient(transport=transport, base_url=f"http://test{settings.root_path}") as client:
            yield app, client


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
