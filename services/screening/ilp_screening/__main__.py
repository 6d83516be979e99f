"""Entry point of the service: `python -m ilp_screening api|worker|migrate|check-config|unpark|forget|recover`."""

from ilp_screening.service import SERVICE
from ilp_shared.cli import build_cli

cli = build_cli(SERVICE)

if __name__ == "__main__":
    cli()
