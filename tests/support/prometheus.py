"""Debian's Prometheus and its promtool: found, or installed through apt where that is allowed."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import yaml

from deploy.dev.config import SERVICES
from deploy.dev.vault import free_port
from deploy.observability import rules
from tests.support import apt
from tests.support.plain_http import plain_client
from tests.support.platform import Platform
from tests.support.waiting import PATIENCE_S, eventually, patiently

PACKAGE = "prometheus"


def provide(program: str) -> Path:
    """Return `prometheus` or `promtool`, installed now where it was missing; skips the test otherwise."""
    apt.need([PACKAGE], lambda: shutil.which(program) is not None)
    return Path(shutil.which(program) or program)


class Prometheus:
    """A running Prometheus that scrapes every api and worker of a platform, with the committed rules in force."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client

    async def series(self, expression: str) -> list[dict[str, str]]:
        """Return the labels of what an expression gives now; fails for an expression that is wrong."""
        answer = (await self._client.get("/api/v1/query", params={"query": expression})).json()
        assert answer["status"] == "success", (expression, answer)
        return [each["metric"] for each in answer["data"]["result"]]

    async def value(self, expression: str) -> float:
        """Return the one value of an expression."""
        answer = (await self._client.get("/api/v1/query", params={"query": expression})).json()
        (one,) = answer["data"]["result"]
        return float(one["value"][1])

    async def read(self, path: str) -> Any:
        """Return the data of another question, e.g. `rules`."""
        return (await self._client.get(f"/api/v1/{path}")).json()["data"]


@asynccontextmanager
async def scraping(platform: Platform, folder: Path) -> AsyncIterator[Prometheus]:
    """Run Prometheus over a platform; it has seen every process twice when it is handed out."""
    program, port = provide("prometheus"), free_port()
    config = folder / "prometheus.yml"
    config.write_text(yaml.safe_dump(_config(platform)), encoding="utf-8")
    arguments = (
        f"--config.file={config}",
        f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}",
    )
    nowhere = asyncio.subprocess.DEVNULL
    child = await asyncio.create_subprocess_exec(program, *arguments, stdout=nowhere, stderr=nowhere)
    try:
        async with plain_client(f"http://127.0.0.1:{port}", timeout=PATIENCE_S) as client:
            running = Prometheus(client)

            async def has_seen_all() -> bool:
                with suppress(httpx2.TransportError, json.JSONDecodeError):  # it says that it is not ready in words
                    return len(await running.series("count_over_time(up[5m]) > 2 and up == 1")) == 2 * len(SERVICES)
                return False

            await eventually(has_seen_all, within_s=240, every_s=0.5)
            yield running
    finally:
        child.terminate()
        await patiently(child.wait())


def _config(platform: Platform) -> dict[str, Any]:
    routes: dict[str, dict[str, str]] = json.loads((platform.data / "run.json").read_text())["routes"]
    jobs = [
        {"job_name": f"ilp{prefix.replace('/', '-')}-{role}", "static_configs": [{"targets": [base.split("//")[1]]}]}
        for prefix, roles in routes.items()
        for role, base in roles.items()
    ]
    return {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(rules.DOCUMENT)],
        "scrape_configs": jobs,
    }
