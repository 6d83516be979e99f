"""`python -m ilp_monitoring api|worker|migrate|check-config|unpark|rebuild`."""

import asyncio

import typer

from ilp_monitoring.service import SERVICE
from ilp_shared.cli import build_cli, read_settings

cli = build_cli(SERVICE)


@cli.command()
def rebuild() -> None:
    """Empty the projection (worker stopped); the next start of the worker builds it anew from the archives."""
    from ilp_monitoring.projections.rebuild import NotNow
    from ilp_monitoring.projections.rebuild import rebuild as empty

    settings = read_settings(SERVICE)
    try:
        sequence = asyncio.run(empty(settings.migrate_database_url or settings.database_url))
    except NotNow as reason:
        typer.echo(f"rebuild: {reason}", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"projection emptied at sequence {sequence}; start the worker: it asks for all events again")


if __name__ == "__main__":
    cli()
