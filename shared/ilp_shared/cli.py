"""The command line every service has: `python -m <package> api|worker|migrate|check-config|unpark|forget|recover`."""

import asyncio
import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import typer
import uvicorn
import uvloop
from pydantic import ValidationError

from ilp_shared.bus.applier import Applier
from ilp_shared.db.database import Database
from ilp_shared.logging import configure_logging
from ilp_shared.service import Service
from ilp_shared.settings import ServiceSettings

if TYPE_CHECKING:
    from ilp_shared.http.resources import Resources

_GRACE_S = 15
_COLLECT_EVERY = (10_000, 20, 50)
_STATEMENT_S = 16.0
"""A worker's statement without an answer for so long means that the database is gone: it ends statements after 15 s."""


class _Server(uvicorn.Server):
    """Uvicorn that tells streams to end, and readiness to fail, before it waits for connections."""

    resources: Callable[[], "Resources | None"]

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        resources = self.resources()
        if resources is not None:
            resources.draining.set()
        drain_s = resources.settings.drain_s if resources is not None else 0.0
        asyncio.get_event_loop().call_later(drain_s, super().handle_exit, sig, frame)


def build_cli(service: Service) -> typer.Typer:
    """Return the service's command line; services may add commands of their own."""
    cli = typer.Typer(no_args_is_help=True, add_completion=False, help=f"ILP {service.name}")

    @cli.command()
    def api() -> None:
        """Serve HTTP."""
        settings = read_settings(service)
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
        _settle_memory()
        server.run()

    @cli.command()
    def worker() -> None:
        """Run relay, consumer and jobs."""
        settings = read_settings(service)
        _settle_memory()
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
    def check_config() -> None:
        """Check the environment and exit: 0 when complete, 2 with one clear line otherwise."""
        read_settings(service)
        print("ok")

    @cli.command()
    def unpark() -> None:
        """Apply parked events again, after their cause was mended."""
        applied, left = asyncio.run(_unpark(service, read_settings(service)))
        print(f"applied {applied}, still parked {left}")
        sys.exit(1 if left else 0)

    add_recovery(cli, service)
    return cli


def add_recovery(cli: typer.Typer, service: Service) -> None:
    """Add the two commands for a database that was restored to an older state (`deploy/README.md`)."""

    @cli.command()
    def forget(domain: str) -> None:
        """Start over with a source that was restored: forget what it told (workers stopped)."""
        from ilp_shared.forgetting import forget

        with refusing("forget"):
            asyncio.run(forget(service, read_settings(service), domain))
        print(f"forgotten: {domain}; the worker will ask for all of it again, once the source has recovered")

    @cli.command()
    def recover(listing: Path) -> None:
        """List what this service lost when its database was restored, and make its topic anew (workers stopped)."""
        from ilp_shared.recovery import recover

        with refusing("recover"):
            lost = asyncio.run(recover(service, read_settings(service), listing))
        print(f"{len(lost.events)} lost events listed in {listing}; topic of {service.domain} made anew")
        if lost.gone:
            print(f"{lost.number_gone} more are no longer in Kafka: only their sequences are listed")


@contextmanager
def refusing(command: str) -> Iterator[None]:
    """End with exit code 1 and one line when an operator's command finds something in its way."""
    from aiokafka.errors import KafkaError

    from ilp_shared.db.maintenance import NotNow

    try:
        yield
    except NotNow as reason:
        print(f"{command}: {reason}", file=sys.stderr)
        sys.exit(1)
    except KafkaError as error:
        print(f"{command}: Kafka cannot answer now ({type(error).__name__}): try again", file=sys.stderr)
        sys.exit(1)


def read_settings(service: Service) -> ServiceSettings:
    """Read the settings from the environment; exits with one line when they are incomplete."""
    try:
        settings = service.settings()
    except ValidationError as error:
        prefix = str(service.settings.model_config.get("env_prefix", ""))
        faults = "; ".join(f"{prefix}{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors(include_input=False))
        print(f"configuration: {faults}", file=sys.stderr)
        sys.exit(2)
    configure_logging(service.name, settings.log_level)
    return settings


def _settle_memory() -> None:
    """Keep what the imports made out of every later garbage collection, and collect less often: a request or a batch
    makes thousands of objects that die by themselves."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_EVERY)


async def _work(service: Service, settings: ServiceSettings) -> None:
    from ilp_shared.worker import Worker

    database = await Database.connect(settings, service.schema, command_timeout_s=_STATEMENT_S)
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
