"""What shows that a fault has hurt: metrics, status and log lines of a process, what a proxy has done to its lines.

A fault that missed its place would show nothing and still be green; these are read to rule that out.
"""

import json
from pathlib import Path
from typing import Any

import httpx2

from tests.faults.platform import BreakablePlatform
from tests.faults.proxied_connection import Hurting
from tests.faults.proxy import FaultProxy
from tests.faults.workload import Workload
from tests.support.plain_http import plain_client
from tests.support.waiting import eventually


def status_address(platform: BreakablePlatform, worker: str) -> str:
    """Return the address of a worker's status and metrics; a second worker has the port in its name."""
    return f"http://{platform.instance_of(worker)}"


async def leads(platform: BreakablePlatform, worker: str) -> bool:
    """Tell whether a worker's relay is the leader now; False while it does not answer."""
    try:
        async with plain_client(timeout=2) as client:
            status = (await client.get(f"{status_address(platform, worker)}/status")).json()
    except httpx2.TransportError:
        return False
    return bool(status["relay"]["leader"])


async def metric(platform: BreakablePlatform, worker: str, name: str) -> float:
    """Return a worker's counter or gauge, summed over its labels."""
    async with plain_client(timeout=10) as client:
        exposition = (await client.get(f"{status_address(platform, worker)}/metrics")).text
    return sum(
        float(line.rpartition(" ")[2]) for line in exposition.splitlines() if line.startswith((f"{name} ", name + "{"))
    )


def is_frozen(pid: int) -> bool:
    """Tell whether a process is stopped (state T)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
    except FileNotFoundError:
        return False


async def cut(proxy: FaultProxy) -> None:
    """Cut every connection of a proxy, once there are some: clients come back in their own time."""

    async def connected() -> bool:
        return proxy.connections > 0

    await eventually(connected, within_s=60)
    proxy.cut()


async def hurts(proxy: FaultProxy, what: Hurting) -> None:
    """Wait until a proxy has hurt something in this way since that began."""

    async def hurt() -> bool:
        return proxy.tally[what] > 0

    await eventually(hurt, within_s=60)


class Log:
    """What a process logs from now on."""

    def __init__(self, platform: BreakablePlatform, process: str) -> None:
        self._path = platform.data / "logs" / f"{process}.log"
        self._from = self._path.stat().st_size if self._path.exists() else 0

    def said(self, event: str, **fields: object) -> bool:
        """Tell whether it has logged an event with these fields."""
        return any(
            entry.get("event") == event and all(entry.get(name) == value for name, value in fields.items())
            for entry in self._entries()
        )

    async def says(self, event: str, within_s: float = 60.0, **fields: object) -> None:
        """Wait until it has."""

        async def logged() -> bool:
            return self.said(event, **fields)

        await eventually(logged, within_s=within_s, every_s=0.1)

    def _entries(self) -> list[dict[str, Any]]:
        with self._path.open("rb") as log:
            log.seek(self._from)
            lines = log.read().splitlines()
        return [json.loads(line) for line in lines if line.startswith(b"{") and line.endswith(b"}")]


def answered_only_when_repeated(work: Workload) -> int:
    """Commands that were carried out without their sender hearing of it: the first answer they got was a repetition."""
    return sum(entry.answer is not None and entry.answer.replayed for entry in work.ledger.acknowledged())
