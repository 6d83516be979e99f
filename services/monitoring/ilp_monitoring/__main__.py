"""`python -m ilp_monitoring api|worker|migrate|check-config|unpark`."""

from ilp_monitoring.service import SERVICE
from ilp_shared.cli import build_cli

cli = build_cli(SERVICE)

if __name__ == "__main__":
    cli()
