"""`python -m ilp_monitoring.recount [--in-turn] [--json]`: recount, print, exit.

Exit code 0 equal, 1 different or parked, 2 cannot run. Addresses come from
ILP_RECOUNT_{REGISTRY,SCREENING,CLUSTER_SERVICES,MONITORING}_URL, or from the files that ILP_RECOUNT_…_URL_FILE name.
With `--in-turn`, what readers are given is compared by regencies in turn: as many as have ILP_RECOUNT_SITUATIONS
situations (50,000 where it is not set).
"""

import argparse
import asyncio
import json
import os
import re
import sys
from pathlib import Path

import asyncpg

from ilp_monitoring.recount.run import Urls, recount

_NAMES = ("registry", "screening", "cluster_services", "monitoring")
_SITUATIONS = 50_000


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m ilp_monitoring.recount")
    parser.add_argument("--in-turn", action="store_true", help="by regencies in turn, as the schedule does")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    return parser.parse_args()


def _read_urls() -> Urls | None:
    urls = {name: _read_url(f"ILP_RECOUNT_{name.upper()}_URL") for name in _NAMES}
    missing = [f"ILP_RECOUNT_{name.upper()}_URL" for name, url in urls.items() if not url]
    if missing:
        print(f"recount: belum diatur / not set: {', '.join(missing)}", file=sys.stderr)
        return None
    return Urls(**urls)


def _read_url(variable: str) -> str:
    """Return an address; empty where it is not set, or its file cannot be read."""
    try:
        return os.environ.get(variable) or Path(os.environ[f"{variable}_FILE"]).read_text(encoding="utf-8").strip()
    except (KeyError, OSError, UnicodeError):
        return ""


def _read_situations() -> int | None:
    """Return how many situations one run in turn compares; None, with a message, for what is no such number."""
    written = os.environ.get("ILP_RECOUNT_SITUATIONS") or str(_SITUATIONS)
    if re.fullmatch("[1-9][0-9]{0,8}", written):
        return int(written)
    print("recount: ILP_RECOUNT_SITUATIONS harus bilangan bulat mulai 1 / must be an integer from 1", file=sys.stderr)
    return None


def main() -> int:
    """Run one recount and return the exit code."""
    arguments, urls, situations = _read_arguments(), _read_urls(), _read_situations()
    if urls is None or situations is None:
        return 2
    try:
        report = asyncio.run(recount(urls, most=situations if arguments.in_turn else None))
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
        print(f"recount: tidak dapat dijalankan / cannot run: {type(error).__name__}", file=sys.stderr)
        return 2
    print(json.dumps(report.as_dict()) if arguments.json else report.as_text())
    return 0 if report.equal else 1


if __name__ == "__main__":
    sys.exit(main())
