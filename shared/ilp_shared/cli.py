"""The command line of every service: `python -m <package> api|worker|migrate|check-config|unpark|forget|recover`."""

import asyncio
import gc
import logging
import sys
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING

import typer
import uvicorn
import uvloop

from ilp_shared.bus.consume.applier import Applier
from ilp_shared.db.database import Database
from ilp_shared.operations.check import add_check, refuse_backing
from ilp_shared.operations.commands import add_recovery, read_settings, refusing
from ilp_shared.service import Service
from ilp_shared.settings import ServiceSettings

if TYPE_CHECKING:
    from ilp_shared.http.resources import Resources

_GRACE_S = 15
_COLLECT_EVERY = (10_000, 20, 50)
_GRACE_STATEMENT_S = 1.0
"""PostgreSQL ends a statement by itself; after this much more a worker treats its server as lost."""


class _Server(uvicorn.Server):
    """Uvicorn that ends streams and fails readiness before it waits for open connections."""

    resources: Callable[[], "Resources | None"]

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        resources = self.resources()
        if resources is not None:
            resources.draining.set()
        drain_s = resources.settings.drain_s if resources is not None else 0.0
        asyncio.get_event_loop().call_later(drain_s, super().handle_exit, sig, frame)


def build_cli(service: Service) -> typer.Typer:
    """Return the service's command line; services may add commands of their own."""
    cli = typer.Typer(
        no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=f"ILP {service.name}"
    )

    @cli.command()
    def api() -> None:
        """Serve HTTP."""
        settings = read_settings(service, "api")
        asyncio.run(refuse_backing(service, settings, "api"))
        app = service.create_app(settings)
        config = uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            root_path=settings.root_path,
            loop="uvloop",
            http="httptools",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=_GRACE_S,
            server_header=False,
            proxy_headers=False,
        )
        server = _Server(config)
        server.resources = lambda: getattr(app.state, "resources", None)
        _set_up_process(service, settings)
        server.run()

    @cli.command()
    def worker() -> None:
        """Run relay, consumer and jobs."""
        settings = read_settings(service, "worker")
        asyncio.run(refuse_backing(service, settings, "worker"))
        _set_up_process(service, settings)
        uvloop.run(_work(service, settings))

    @cli.command(name="migrate")
    def run_migrations() -> None:
        """Bring the database to the newest version (owner role)."""
        from ilp_shared.db import migrate

        settings = read_settings(service)
        owner = settings.migrate_database_url or settings.database_url
        migrate.upgrade(
            service.package,
            service.schema,
            url=owner.get_secret_value(),
            app_url=settings.database_url.get_secret_value(),
        )

    @cli.command()
    def unpark() -> None:
        """Apply parked events again, after their cause was fixed."""
        with refusing("unpark"):
            applied, left = asyncio.run(_unpark(service, read_settings(service)))
        print(f"applied {applied}, still parked {left}")
        sys.exit(1 if left else 0)

    add_check(cli, service)
    add_recovery(cli, service)
    return cli


def _set_up_process(service: Service, settings: ServiceSettings) -> None:
    """Log warnings of libraries as lines of the log, send spans where that is wanted, and tune garbage collection.

    The objects of imports are excluded from it. A request or a batch makes thousands of objects that reference counting
    frees, so it is also run less often.
    """
    logging.captureWarnings(True)
    if settings.otlp_endpoint:
        from ilp_shared.spans import start_spans

        start_spans(settings, service.name)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_EVERY)


async def _work(service: Service, settings: ServiceSettings) -> None:
    from ilp_shared.worker import Worker

    database = await Database.connect(
        settings,
        service.schema,
        command_timeout_s=settings.waits.statement_s + _GRACE_STATEMENT_S,
    )
    try:
        await Worker(service, settings, database).run()
    finally:
        await database.close()


async def _unpark(service: Service, settings: ServiceSettings) -> tuple[int, int]:
    if service.projection is None:
        return 0, 0
    database = await Database.connect(settings, service.schema)
    try:
        return await Applier(database.pool, service.make_projection()).unpark()
    finally:
        await database.close()
