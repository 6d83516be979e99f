"""Command line: `python -m ilp_cluster_services api|worker|migrate|check-config|unpark|forget|recover|orphans`.

All but `orphans` are those of every service (`ilp_shared.cli`).
"""

import asyncio

import orjson
import typer

from ilp_cluster_services.rules.models import TaskState
from ilp_cluster_services.service import SERVICE
from ilp_shared.cli import build_cli
from ilp_shared.operations.commands import read_settings

cli = build_cli(SERVICE)


@cli.command()
def orphans() -> None:
    """List tasks whose screening was lost with screening's database: one JSON line each, nothing personal."""
    for task in asyncio.run(_orphans()):
        line = task.model_dump(mode="json", include={"id", "screening_id", "action", "status", "opened_day"})
        typer.echo(orjson.dumps(line))


async def _orphans() -> list[TaskState]:
    from ilp_cluster_services.tasks import repository
    from ilp_shared.db.database import Database
    from ilp_shared.db.scope import EVERYWHERE, enter

    database = await Database.connect(read_settings(SERVICE), SERVICE.schema)
    try:
        async with database.pool.acquire() as conn, conn.transaction():
            await enter(conn, EVERYWHERE)
            return await repository.orphans(conn)
    finally:
        await database.close()


if __name__ == "__main__":
    cli()
