"""Command line of the registry: `api|worker|migrate|check-config|unpark`, and its own bulk loads."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from ilp_registry.loading.facility_import import import_facilities
from ilp_registry.loading.reference import load_reference
from ilp_registry.service import SERVICE
from ilp_shared.cli import build_cli
from ilp_shared.operations.commands import read_settings
from ilp_shared.db.database import Database

T = TypeVar("T")
cli = build_cli(SERVICE)


@cli.command(name="load-reference")
def load() -> None:
    """Load areas and puskesmas from the files in this package; does nothing the second time."""
    started = time.monotonic()
    loaded = asyncio.run(_with_database(load_reference))
    if loaded is None:
        typer.echo("data acuan sudah dimuat / reference data are loaded already")
        return
    typer.echo(
        f"wilayah/areas {loaded.areas}, pohon/trees {loaded.trees}, puskesmas {loaded.puskesmas},"
        f" {time.monotonic() - started:.1f} s"
    )


@cli.command(name="import-facilities")
def import_file(
    source: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    report: Annotated[Path, typer.Option(help="CSV with the outcome of each row")],
) -> None:
    """Import pustu and posyandu from CSV; the report says what became of each row."""
    try:
        content = source.read_bytes()
        counts = asyncio.run(_with_database(lambda database: import_facilities(database, content, report)))
    except (ValueError, OSError) as error:
        typer.echo(f"{source.name}: {error}", err=True)
        sys.exit(2)
    typer.echo(", ".join(f"{status} {count}" for status, count in counts.items()))


async def _with_database(work: Callable[[Database], Awaitable[T]]) -> T:
    database = await Database.connect(read_settings(SERVICE), SERVICE.schema)
    try:
        return await work(database)
    finally:
        await database.close()


if __name__ == "__main__":
    cli()
