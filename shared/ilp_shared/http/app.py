"""The FastAPI app of a service: offline API documents, refusals, boundary, health, and the service's routers."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

from ilp_shared.auth.permissions import PUBLIC
from ilp_shared.http import health
from ilp_shared.http.boundary import Boundary
from ilp_shared.http.deadline import Deadline
from ilp_shared.http.guard import can
from ilp_shared.http.refusals import install_refusals
from ilp_shared.http.resources import Resources, open_resources
from ilp_shared.settings import ServiceSettings
from ilp_shared.write.keys import KEY_SCHEMA

Parts = Callable[[Resources], AbstractAsyncContextManager[None]]
"""Opens what a service adds to the resources (e.g. a group commit), and closes it on shutdown."""


def create_app(
    settings: ServiceSettings,
    *,
    name: str,
    schema: str,
    summary: str,
    routers: Sequence[APIRouter],
    parts: Parts = lambda _resources: nullcontext(),
) -> FastAPI:
    """Return the app; its lifespan opens the connections."""

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
    app.add_middleware(Deadline, seconds=settings.request_deadline_s)
    app.add_middleware(Boundary, body_deadline_s=settings.body_deadline_s)
    install_refusals(app)
    app.include_router(health.router)
    for router in routers:
        app.include_router(router)
    _serve_documents(app)
    _describe_common(app)
    return app


def _describe_common(app: FastAPI) -> None:
    """Add to the OpenAPI document what routes have in common: bearer token, body limit, Idempotency-Key."""
    describe = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = describe()
            document.setdefault("components", {})["securitySchemes"] = {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
            }
            document["security"] = [{"bearer": []}]
            for path in document["paths"].values():
                for method, operation in path.items():
                    if method != "get":
                        _describe_write(operation)
        return describe()

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend the document


def _describe_write(operation: dict[str, Any]) -> None:
    """Add the refusals of bodies, and the Idempotency-Key of commands: the writes that document a conflict."""
    operation["responses"] |= dict.fromkeys(("408", "413"), operation["responses"]["422"])
    if "409" in operation["responses"]:
        operation.setdefault("parameters", []).append(_KEY)


_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "UUID buatan klien / a UUID made by the client",
    "schema": KEY_SCHEMA,
}


def _serve_documents(app: FastAPI) -> None:
    static = Path(str(files("ilp_shared"))) / "http" / "static"
    app.mount("/docs/static", StaticFiles(directory=static), name="docs-static")

    public = [can(PUBLIC)]

    @app.api_route("/docs", methods=["GET", "HEAD"], include_in_schema=False, dependencies=public)
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
