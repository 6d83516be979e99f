"""Command line of the registry: those of every service, its own bulk loads, and the change of keys.

`api|worker|migrate|check-config|unpark|forget|recover|load-reference|import-facilities|rotate-keys`
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from ilp_registry.facility_import.service import import_facilities
from ilp_registry.number_keys.service import rotate_keys
from ilp_registry.reference.files import AlteredFileError
from ilp_registry.reference.service import load_reference
from ilp_registry.service import SERVICE
from ilp_shared.cli import build_cli
from ilp_shared.db.database import Database
from ilp_shared.operations.commands import read_settings, refusing

T = TypeVar("T")
cli = build_cli(SERVICE)


@cli.command(name="load-reference")
def load() -> None:
    """Load areas and puskesmas from the files in this package; does nothing the second time."""
    started = time.monotonic()
    try:
        counts = asyncio.run(_with_database(load_reference))
    except AlteredFileError as error:
        typer.echo(f"load-reference: {error}", err=True)
        sys.exit(2)
    if counts is None:
        typer.echo("data acuan sudah dimuat / reference data are loaded already")
        return
    typer.echo(
        f"wilayah/areas {counts.areas}, pohon/trees {counts.trees}, puskesmas {counts.puskesmas},"
        f" {time.monotonic() - started:.1f} s"
    )


@cli.command(name="import-facilities")
def import_file(
    source: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    report: Annotated[Path, typer.Option(help="CSV with the outcome of each row")],
) -> None:
    """Import pustu and posyandu from CSV, also as Excel saves it; the report gives the outcome of each row."""
    try:
        content = source.read_bytes()
        counts = asyncio.run(_with_database(lambda database: import_facilities(database, content, report)))
    except (ValueError, OSError) as error:
        typer.echo(f"{source.name}: {error}", err=True)
        sys.exit(2)
    typer.echo(", ".join(f"{status} {count}" for status, count in counts.items()))


@cli.command(name="rotate-keys")
def rotate() -> None:
    """Encrypt NIK, KK and telephone numbers with the current key, and change to a new index key; beside running apis.

    Exits with 1 while something is left: then run it again.
    """
    settings = read_settings(SERVICE)
    with refusing("rotate-keys"):
        rotated = asyncio.run(_with_database(lambda database: rotate_keys(database, settings)))
    retired = ", ".join(f"{key_id}: {number}" for key_id, number in sorted(rotated.retired.items()))
    places = ", ".join(f"{place} {state}" for place, state in sorted(rotated.states.items()))
    typer.echo(f"baris ditulis / rows written: {rotated.rows}, tertahan / held: {rotated.held}")
    typer.echo(f"masih dengan kunci lama / still with old keys: {retired or 0}")
    typer.echo(f"tempat kunci indeks / places of index keys: {places}")
    sys.exit(0 if rotated.is_complete else 1)


async def _with_database(work: Callable[[Database], Awaitable[T]]) -> T:
    database = await Database.connect(read_settings(SERVICE), SERVICE.schema)
    try:
        return await work(database)
    finally:
        await database.close()


if __name__ == "__main__":
    cli()
