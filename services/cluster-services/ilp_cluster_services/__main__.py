"""Command line: `python -m ilp_cluster_services orphans`, and the commands that every service has."""

import asyncio

import orjson
import typer

from ilp_cluster_services.rules.models import Task
from ilp_cluster_services.service import SERVICE
from ilp_shared.cli import build_cli
from ilp_shared.operations.commands import read_settings

cli = build_cli(SERVICE)


@cli.command()
def orphans() -> None:
    """List tasks whose screening was lost with screening's database: one JSON line each, nothing personal."""
    for task in asyncio.run(_orphans()):
        shown = task.model_dump(mode="json", include={"id", "screening_id", "action", "status", "opened_day"})
        typer.echo(orjson.dumps(shown))


async def _orphans() -> list[Task]:
    from ilp_cluster_services.tasks import projection_repository
    from ilp_shared.db.database import Database
    from ilp_shared.db.scope import EVERYWHERE, enter

    database = await Database.connect(read_settings(SERVICE), SERVICE.schema)
    try:
        async with database.pool.acquire() as conn, conn.transaction():
            await enter(conn, EVERYWHERE)
            return await projection_repository.orphans(conn)
    finally:
        await database.close()


if __name__ == "__main__":
    cli()
