"""`make token ROLE=… AREA=…`: prints a development token, and nothing else, on stdout.

AREA takes one area code or several with commas; roles without an area (operator) may leave it out.
"""

from __future__ import annotations

import argparse
import sys

from deploy.dev.config import Config
from deploy.dev.display import complain
from deploy.dev.failure import StartError, explain
from ilp_shared.auth.development import create_issuer, issue_token
from ilp_shared.auth.permissions import Role

ROLES = tuple(role.value for role in Role)


def main(arguments: list[str] | None = None) -> int:
    """Entry point; exit code 1 with one line for an unknown role or an unwritable folder."""
    parser = argparse.ArgumentParser(description="development token")
    parser.add_argument("--role", default="")
    parser.add_argument("--area", default="")
    chosen = parser.parse_args(arguments)
    if chosen.role not in ROLES:
        complain(f"ROLE harus salah satu dari / must be one of: {' '.join(ROLES)}")
        return 1
    try:
        config = Config.from_environment()
        create_issuer(config.issuer)
        areas = [code for code in chosen.area.split(",") if code]
        print(issue_token(config.issuer, role=chosen.role, areas=areas))
    except StartError as error:
        complain(str(error))
        return 1
    except OSError as error:
        complain(str(explain(error)))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
