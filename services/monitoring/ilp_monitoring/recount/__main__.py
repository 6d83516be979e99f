"""`python -m ilp_monitoring.recount [--json]`: recount, print, exit 0 equal · 1 different or parked · 2 cannot run.

Addresses come from ILP_RECOUNT_{REGISTRY,SCREENING,CLUSTER_SERVICES,MONITORING}_URL.
"""

import asyncio
import json
import os
import sys

import asyncpg

from ilp_monitoring.recount.run import Urls, recount

_NAMES = ("registry", "screening", "cluster_services", "monitoring")


def _read_urls() -> Urls | None:
    urls = {name: os.environ.get(f"ILP_RECOUNT_{name.upper()}_URL", "") for name in _NAMES}
    missing = [f"ILP_RECOUNT_{name.upper()}_URL" for name, url in urls.items() if not url]
    if missing:
        print(f"recount: belum diatur / not set: {', '.join(missing)}", file=sys.stderr)
        return None
    return Urls(**urls)


def main() -> int:
    """Run one recount and return the exit code."""
    urls = _read_urls()
    if urls is None:
        return 2
    try:
        report = asyncio.run(recount(urls))
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
        print(f"recount: tidak dapat dijalankan / cannot run: {type(error).__name__}", file=sys.stderr)
        return 2
    print(json.dumps(report.as_dict()) if "--json" in sys.argv[1:] else report.as_text())
    return 0 if report.equal else 1


if __name__ == "__main__":
    sys.exit(main())
