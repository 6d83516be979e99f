"""Builds the FastAPI app of a service: documents without internet, refusals, boundary, health, its routers."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

from ilp_shared.auth.guard import require
from ilp_shared.auth.permissions import Permission
from ilp_shared.http import health
from ilp_shared.http.boundary import Boundary
from ilp_shared.http.refusals import install_refusals
from ilp_shared.http.resources import Resources, open_resources
from ilp_shared.settings import ServiceSettings

Parts = Callable[[Resources], AbstractAsyncContextManager[None]]
"""Opens what a service adds to the resources (e.g. a group commit) and closes it on shutdown."""


def create_app(
    settings: ServiceSettings,
    *,
    name: str,
    schema: str,
    summary: str,
    routers: Sequence[APIRouter],
    parts: Parts = lambda _resources: nullcontext(),
) -> FastAPI:
    """Return the app; nothing is connected before its lifespan starts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_resources(settings, schema) as resources, parts(resources):
            app.state.resources = resources
            yield

    app = FastAPI(
        title=f"ILP {name}",
        version="1",
        summary=summary,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    app.add_middleware(Boundary)
    install_refusals(app)
    app.include_router(health.router)
    for router in routers:
        app.include_router(router)
    _serve_documents(app)
    _describe_access(app)
    return app


def _describe_access(app: FastAPI) -> None:
    """Say in the OpenAPI document that routes take a bearer token (the documents then offer to enter one)."""
    describe = app.openapi

    def openapi() -> dict[str, Any]:
        document = describe()
        document.setdefault("components", {})["securitySchemes"] = {
            "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
        }
        document["security"] = [{"bearer": []}]
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend the document


def _serve_documents(app: FastAPI) -> None:
    static = Path(str(files("ilp_shared"))) / "http" / "static"
    app.mount("/docs/static", StaticFiles(directory=static), name="docs-static")

    @app.get("/docs", include_in_schema=False, dependencies=[Depends(require(Permission.PUBLIC))])
    async def documents() -> HTMLResponse:
        """Show the API with Swagger UI, from files of this package only."""
        return HTMLResponse(_PAGE.format(title=app.title))


_PAGE = """<!doctype html>
<html lang="id"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><link rel="stylesheet" href="docs/static/vendor/swagger-ui/swagger-ui.css"></head>
<body><div id="swagger-ui"></div>
<script src="docs/static/vendor/swagger-ui/swagger-ui-bundle.js"></script>
<script src="docs/static/docs.js"></script></body></html>
"""
