"""Command line: `python -m ilp_cluster_services api|worker|migrate|check-config|unpark`."""

from ilp_cluster_services.service import SERVICE
from ilp_shared.cli import build_cli

cli = build_cli(SERVICE)

if __name__ == "__main__":
    cli()
