"""The FastAPI app of a service: offline API documents, refusals, boundary, health, and the service's routers."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from importlib.resources import files
from pathlib import Path

import structlog
from fastapi import APIRouter, FastAPI
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

from ilp_shared.auth.permissions import PUBLIC
from ilp_shared.http import feed, health
from ilp_shared.http.boundary import Boundary
from ilp_shared.http.deadline import Deadline
from ilp_shared.http.guard import can
from ilp_shared.http.openapi import complete_document, tags_of
from ilp_shared.http.refusals import RefusalPage, install_refusals
from ilp_shared.http.resources import Resources, open_resources
from ilp_shared.metrics import note_build
from ilp_shared.operations.production import misfits_of
from ilp_shared.service import Misfits
from ilp_shared.settings import ServiceSettings
from ilp_shared.text import Text

log = structlog.get_logger()
Parts = Callable[[Resources], AbstractAsyncContextManager[None]]
"""Opens what a service adds to the resources (e.g. a group commit), and closes it on shutdown."""


def create_app(
    settings: ServiceSettings,
    *,
    name: str,
    schema: str,
    package: str,
    summary: Text,
    tags: Mapping[str, Text],
    routers: Sequence[APIRouter],
    parts: Parts = lambda _resources: nullcontext(),
    refusal_page: RefusalPage | None = None,
    forms: Sequence[str] = (),
    misfits: Misfits | None = None,
) -> FastAPI:
    """Return the app; its lifespan opens the connections. `tags` say what groups of routes are for, in their order.

    `package` has the migrations that the schema needs. `refusal_page` shows refusals to readers of pages, where a
    service has some. `forms` are paths that take a form in place of JSON. In production the app is not ready while
    `misfits` yields anything.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        note_build(name, settings.build)
        async with _starting(settings, schema, package, misfits) as resources, parts(resources):
            app.state.resources = resources
            yield

    app = FastAPI(
        title=f"ILP {name}",
        version="1",
        summary=summary.both,
        openapi_tags=tags_of(tags),
        openapi_url="/openapi.json" if settings.documents else None,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    _add_layers(app, settings, forms)
    install_refusals(app, refusal_page)
    for router in (*routers, health.router, feed.router):
        app.include_router(router)
    _add_documents(app, settings)
    return app


def _add_layers(app: FastAPI, settings: ServiceSettings, forms: Sequence[str]) -> None:
    """Add what is around the routes; the last one is the outermost."""
    app.add_middleware(Deadline, seconds=settings.request_deadline_s)
    app.add_middleware(
        Boundary,
        body_deadline_s=settings.body_deadline_s,
        trusted_hosts=frozenset(settings.trusted_hosts),
        forms=frozenset(forms),
    )


class NotStarted(Exception):  # noqa: N818 - uvicorn prints its text, which holds nothing of the cause
    """The API cannot start; why is logged by its kind."""


@asynccontextmanager
async def _starting(
    settings: ServiceSettings, schema: str, package: str, misfits: Misfits | None
) -> AsyncIterator[Resources]:
    """Open the resources; raises NotStarted, because the server prints the text of what a lifespan raises."""
    async with AsyncExitStack() as stack:
        try:
            opening = open_resources(settings, schema, package, misfits_of(settings, misfits))
            resources = await stack.enter_async_context(opening)
        except Exception as error:
            log.critical("api_not_started", reason=type(error).__name__, exc_info=error)
            raise NotStarted from None
        yield resources


def _add_documents(app: FastAPI, settings: ServiceSettings) -> None:
    """Complete the OpenAPI document, and serve it with its page where that is wanted."""
    complete_document(app)
    if not settings.documents:
        return
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
