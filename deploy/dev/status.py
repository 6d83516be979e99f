"""`make status`: processes, lag, parked events and the last recount of the platform that runs here.

Reads run.json, /proc, the workers' status ports, and monitoring's latest recount through the front door.
Exit code 0 when every process is ready, else 1.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import aiohttp
from rich.console import Console
from rich.table import Column, Table

from deploy.dev.child import Identity
from deploy.dev.config import Config
from deploy.dev.display import complain
from deploy.dev.failure import StartError
from deploy.dev.front_door import is_ready
from deploy.dev.ledger import facts, living

Routes = Mapping[str, Mapping[str, str]]


def uptime(identity: Identity) -> float:
    """Return the seconds since the process started."""
    now = float(Path("/proc/uptime").read_text().split()[0])
    return max(0.0, now - identity.started / os.sysconf("SC_CLK_TCK"))


def resident(pid: int) -> int:
    """Return the resident memory in MiB; 0 if the process has just ended."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") >> 20


def span(seconds: float) -> str:
    """Format a duration for people: `3m07s`, `2h05m`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02}m" if hours else f"{minutes}m{rest:02}s"


async def fetch(session: aiohttp.ClientSession, url: str, token: str = "") -> dict[str, object]:
    """Return a JSON object from a process of the platform; empty if it does not answer with one."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        async with session.get(url, headers=headers) as answer:
            content = await answer.json(content_type=None) if answer.status == 200 else {}
    except (aiohttp.ClientError, TimeoutError, ConnectionError, ValueError):
        content = {}
    return content if isinstance(content, dict) else {}


async def process_table(session: aiohttp.ClientSession, config: Config, routes: Routes) -> tuple[Table, bool]:
    """Return a table of the recorded processes that run, and whether all that have a health route are ready."""
    table = Table("proses / process", "pid", "umur / up", "RSS MiB", "siap / ready", title="ILP")
    alive = {name: identity for name, identity, _ in living(config.data / "run.json")}
    checks = {f"{prefix[1:]}-{role}": base for prefix, roles in routes.items() for role, base in roles.items()}
    states = await asyncio.gather(*(is_ready(session, base) for base in checks.values()))
    ready = dict(zip(checks, states, strict=True))
    for name in sorted(alive.keys() | checks.keys()):
        identity = alive.get(name)
        mark = "–" if name not in ready else ("ya / yes" if ready[name] else "belum / no")
        if identity is None:
            table.add_row(name, "–", "–", "–", mark)
        else:
            row = (str(identity.pid), span(uptime(identity)), str(resident(identity.pid)))
            table.add_row(name, *row, mark)
    return table, all(states)


async def event_table(session: aiohttp.ClientSession, routes: Routes) -> tuple[Table, list[str]]:
    """Return a table of each worker's relay and consumer, and the reasons of those that refuse to run."""
    columns = ("relay", "belum terkirim / unpublished", "tertinggal / lag", "diparkir / parked")
    table = Table(Column("worker", no_wrap=True), *columns)
    workers = {prefix[1:]: roles["worker"] for prefix, roles in routes.items()}
    answers = await asyncio.gather(*(fetch(session, base + "/status") for base in workers.values()))
    refusals = []
    for name, answer in zip(workers, answers, strict=True):
        relay, consumer = answer.get("relay"), answer.get("consumer")
        relay = relay if isinstance(relay, dict) else {}
        consumer = consumer if isinstance(consumer, dict) else {}
        leads = "leader" if relay.get("leader") is True else "standby" if relay else "–"
        if relay.get("refusal"):
            leads = "menolak / refuses"
            refusals.append(f"{name}: relay menolak jalan / refuses to run: {relay['refusal']}")
        if consumer.get("refusal"):
            refusals.append(f"{name}: proyeksi menolak jalan / projection refuses to run: {consumer['refusal']}")
        numbers = (relay.get("unpublished"), consumer.get("lag"), consumer.get("parked"))
        table.add_row(name, leads, *("–" if number is None else str(number) for number in numbers))
    return table, refusals


async def last_recount(session: aiohttp.ClientSession, config: Config, address: str) -> str:
    """Return one line about the latest recount."""
    from ilp_shared.auth.development import issue_token

    token = issue_token(config.issuer, role="operator", areas=["id"])
    latest = await fetch(session, address + "/monitoring/v1/recounts/latest", token)
    plain = [f"{key}={value}" for key, value in latest.items() if not isinstance(value, list | dict)]
    return " ".join(plain) if plain else "belum ada / none yet"


async def show(config: Config) -> int:
    """Print the tables; return 0 if every process is ready."""
    known = facts(config.data / "run.json")
    routes = known.get("routes")
    if not isinstance(routes, dict) or not living(config.data / "run.json"):
        raise StartError(f"Tidak berjalan di {config.data}: `make run` / not running: `make run`")
    console = Console()
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        processes, ready = await process_table(session, config, routes)
        console.print(processes)
        events, refusals = await event_table(session, routes)
        console.print(events)
        for refusal in refusals:
            console.print(refusal, style="red", highlight=False, soft_wrap=True)
        recount = await last_recount(session, config, str(known.get("address", config.address)))
    console.print(f"hitung ulang terakhir / last recount: {recount}", highlight=False)
    return 0 if ready else 1


def main() -> int:
    """Run `make status`; return its exit code."""
    try:
        return asyncio.run(show(Config.from_environment()))
    except StartError as error:
        complain(str(error))
        return 1


if __name__ == "__main__":
    sys.exit(main())
