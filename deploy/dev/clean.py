"""`make clean`: the removal of the data of the one-command run, and of nothing else.

It refuses while the platform runs on the folder, and first ends what a killed run may have left.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path

from deploy.dev.config import Config
from deploy.dev.display import answered, complain
from deploy.dev.ledger import Ledger, lock_folder
from deploy.dev.postgres import end_servers_on

MADE = (
    "postgres",
    "postgres.new",
    ".postgres.pw",
    "kafka",
    "logs",
    "dev-issuer",
    "simulation",
    "secrets.json",
    "ports.json",
    "run.json",
    "lock",
)


def remove(data: Path) -> list[str]:
    """Remove what the run made in this folder; return the names of other entries, which stay."""
    for name in MADE:
        path = data / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    strangers = sorted(path.name for path in data.iterdir())
    if not strangers:
        data.rmdir()
    return strangers


async def _end_leftovers(data: Path) -> None:
    await Ledger(data / "run.json").clear_leftovers()
    await end_servers_on(data / "postgres")


def main() -> int:
    """Run `make clean`; return its exit code."""
    return answered(_clean)


def _clean() -> int:
    data = Config.from_environment().data
    if not data.is_dir():
        return 0
    with lock_folder(data):
        asyncio.run(_end_leftovers(data))
        strangers = remove(data)
    if strangers:
        complain(f"Dibiarkan di {data} / left alone: {', '.join(strangers)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
