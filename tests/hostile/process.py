"""One service's API as a process of its own, as in production, so that its memory can be measured and it can be hurt.

Used where a test needs the process itself: large bodies (test_memory.py) and a thousand screens (test_streams.py).
"""

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.dev.config import ROOT
from ilp_shared.auth import development
from ilp_shared.service import Service
from tests.support.api import UNLIMITED, Issuer
from tests.support.databases import DatabaseUrls
from tests.support.waiting import eventually, patiently

_LISTENS = re.compile(r"Uvicorn running on (http://127\.0\.0\.1:\d+)")


@dataclass(frozen=True)
class Process:
    """A running API: where it listens, its pid and its log."""

    url: str
    pid: int
    log: Path

    def memory_mib(self, kind: str = "VmRSS") -> float:
        """Return its memory now, or at its peak (`VmHWM`)."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(f"{kind}:"):
                return int(line.split()[1]) / 1024
        raise LookupError(kind)


@asynccontextmanager
async def running_process(
    service: Service, urls: DatabaseUrls, issuer: Issuer, folder: Path, **settings: str
) -> AsyncIterator[Process]:
    """Start `python -m <package> api` on a database, wait until it listens, and stop it with SIGTERM."""
    given = {
        "profile": "development",
        "database_url": urls.app,
        "kafka_bootstrap": "127.0.0.1:1",
        "oidc_issuer": development.ISSUER,
        "oidc_jwks": str(issuer.folder / "jwks.json"),
        "port": "0",
        "limits": json.dumps(UNLIMITED),
        **settings,
    }
    prefix = str(service.settings.model_config["env_prefix"])
    env = {**os.environ, **{f"{prefix}{name}".upper(): value for name, value in given.items()}}
    log = folder / f"{service.name}-api.log"
    with log.open("wb") as out:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", service.package, "api", cwd=ROOT, env=env, stdout=out, stderr=out
        )
    try:
        yield Process(await eventually(lambda: _address(child, log), within_s=120), child.pid, log)
    finally:
        if child.returncode is None:
            child.terminate()
        await patiently(child.wait())


async def _address(child: asyncio.subprocess.Process, log: Path) -> str:
    assert child.returncode is None, log.read_text()
    match = _LISTENS.search(log.read_text())
    return match[1] if match else ""
