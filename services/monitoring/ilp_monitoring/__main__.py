"""`python -m ilp_monitoring rebuild`, and the commands that every service has."""

import asyncio

import typer

from ilp_monitoring.service import SERVICE
from ilp_shared.cli import build_cli
from ilp_shared.operations.commands import read_settings, refusing

cli = build_cli(SERVICE)


@cli.command()
def rebuild() -> None:
    """Empty the projection (worker stopped); the next start of the worker builds it again from the archives."""
    from ilp_monitoring.projections.rebuild import rebuild as empty
    from ilp_shared.operations.maintenance import owner_url

    with refusing("rebuild"):
        sequence = asyncio.run(empty(owner_url(read_settings(SERVICE))))
    typer.echo(f"projection emptied at sequence {sequence}; start the worker: it asks for all events again")


if __name__ == "__main__":
    cli()
