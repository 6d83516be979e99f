"""`make status`: processes, lag, parked events, alarms, last recount; how far start and history are.

Reads run.json, /proc, the workers' status ports, and monitoring's latest recount through the front door. With `--json`
(`make -s status JSON=1`) one JSON object, which only gains fields, also while nothing runs: `state` is `starting`,
`running` or `stopped`. Exit code 0 when it is running, every process is ready and there is no alarm, else 1.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
from rich.console import Console
from rich.table import Column, Table

from deploy.dev.child import Identity
from deploy.dev.config import Config
from deploy.dev.demo.progress import Progress
from deploy.dev.display import answered, complain
from deploy.dev.front_door import is_ready
from deploy.dev.ledger import facts, living
from deploy.dev.steps import start_under_way

Json = dict[str, Any]
OVERDUE_S = 2 * 3600
"""A scheduled recount is due after an hour; twice that says that the schedule does not run."""
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


async def fetch(session: aiohttp.ClientSession, url: str, token: str = "") -> Json:
    """Return a JSON object from a process of the platform; empty if it does not answer with one."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        async with session.get(url, headers=headers) as answer:
            content = await answer.json(content_type=None) if answer.status == 200 else {}
    except (aiohttp.ClientError, TimeoutError, ConnectionError, ValueError):
        content = {}
    return content if isinstance(content, dict) else {}


async def processes(
    session: aiohttp.ClientSession, config: Config, routes: Routes, servers: Sequence[str] = ()
) -> Json:
    """Return the processes that run or should, `servers` among them: pid, uptime, memory.

    `ready` is null for one that runs and has no route.
    """
    alive = {name: identity for name, identity, _ in living(config.data / "run.json")}
    checks = {f"{prefix[1:]}-{role}": base for prefix, roles in routes.items() for role, base in roles.items()}
    states = await asyncio.gather(*(is_ready(session, base) for base in checks.values()))
    ready = dict(zip(checks, states, strict=True))
    ready |= {name: False for name in servers if name not in alive}
    names = sorted(alive.keys() | checks | set(servers))
    return {name: {**_running(alive.get(name)), "ready": ready.get(name)} for name in names}


def _running(identity: Identity | None) -> Json:
    if identity is None:
        return {"pid": None, "up_s": None, "rss_mib": None}
    return {"pid": identity.pid, "up_s": round(uptime(identity), 1), "rss_mib": resident(identity.pid)}


async def workers(session: aiohttp.ClientSession, routes: Routes) -> Json:
    """Return relay and consumer of each worker, as its `/status` says; null where there is none or no answer."""
    bases = {prefix[1:]: roles["worker"] for prefix, roles in routes.items()}
    answers = await asyncio.gather(*(fetch(session, base + "/status") for base in bases.values()))
    return {
        name: {part: answer.get(part) for part in ("relay", "consumer")}
        for name, answer in zip(bases, answers, strict=True)
    }


async def last_recount(session: aiohttp.ClientSession, config: Config, address: str) -> Json | None:
    """Return the latest recount with its age in seconds; None if there was none."""
    from ilp_shared.auth.development import issue_token

    token = issue_token(config.issuer, role="operator", areas=["id"])
    latest = await fetch(session, address + "/monitoring/v1/recounts/latest", token)
    if "at" not in latest:
        return None
    age = datetime.now(UTC) - datetime.fromisoformat(latest["at"])
    return {**latest, "age_s": round(age.total_seconds(), 1)}


def alarms(state: Json) -> list[Json]:
    """Return what an operator has to act on: a stable code, where, and a sentence.

    What a start has not come to yet is no alarm.
    """
    raised = [
        _alarm("process_down", name, "tidak berjalan, dijalankan lagi / does not run, is being started again")
        for name, entry in state["processes"].items()
        if entry["pid"] is None and state["state"] == "running"
    ]
    for name, parts in state["workers"].items():
        relay, consumer = parts["relay"] or {}, parts["consumer"] or {}
        if relay.get("refusal"):
            text = f"relay menolak jalan / refuses to run: {relay['refusal']}"
            raised.append(_alarm("relay_refuses", name, text))
        if consumer.get("refusal"):
            text = f"proyeksi menolak jalan / projection refuses to run: {consumer['refusal']}"
            raised.append(_alarm("projection_refuses", name, text))
        if contradiction := consumer.get("contradiction"):
            raised.append(_alarm("events_contradict", name, f"{contradiction['id']} / {contradiction['en']}"))
        if consumer.get("parked"):
            text = f"{consumer['parked']} peristiwa diparkir / events parked"
            raised.append(_alarm("events_parked", name, text))
    return raised + _recount_alarms(state)


def _recount_alarms(state: Json) -> list[Json]:
    """Return what is wrong with the last recount; none at all is overdue too, once there was time for one.

    An API that does not answer says nothing of recounts; it is not ready, which is shown by itself.
    """
    recount = state["recount"]
    if recount is None:
        up_s = max((entry["up_s"] or 0.0 for entry in state["processes"].values()), default=0.0)
        text = f"belum ada hitung ulang yang selesai dalam {span(up_s)} / no recount has finished so far"
        answers = state["processes"].get("monitoring-api", {}).get("ready")
        return [_alarm("recount_overdue", "monitoring", text)] if answers and up_s > OVERDUE_S else []
    raised = []
    if recount["differences"]:
        text = f"hitung ulang menemukan {recount['differences']} perbedaan / the recount found differences"
        raised.append(_alarm("recount_differs", "monitoring", text))
    if recount["age_s"] > OVERDUE_S:
        text = f"hitung ulang terakhir {span(recount['age_s'])} lalu / the last recount is too long ago"
        raised.append(_alarm("recount_overdue", "monitoring", text))
    return raised


def _alarm(code: str, where: str, text: str) -> Json:
    return {"code": code, "where": where, "text": text}


async def collect(config: Config) -> Json:
    """Return the whole state; where nothing runs, the same fields without processes."""
    run = config.data / "run.json"
    known, start = facts(run), start_under_way(run)
    routes = known.get("routes") if living(run) else None
    routes = routes if isinstance(routes, dict) else {}
    address = str(known.get("address", config.address))
    state: Json = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "state": "starting" if start else "running" if routes else "stopped",
        "address": address,
        "start": start,
    }
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        state["processes"] = await processes(session, config, routes, _names(known.get("servers")) if routes else ())
        state["workers"] = await workers(session, routes)
        state["recount"] = await last_recount(session, config, address) if routes else None
    history = Progress.read(config.data)
    state["history"] = history.document() if history else None
    state["alarms"] = alarms(state)
    everything_answers = all(entry["ready"] is not False for entry in state["processes"].values())
    state["ready"] = state["state"] == "running" and everything_answers
    return state


def _names(fact: object) -> list[str]:
    """Return the names in a fact of the run; none where an older release noted nothing."""
    return [str(name) for name in fact] if isinstance(fact, list) else []


def process_table(state: Json) -> Table:
    """Return the table of the processes."""
    table = Table("proses / process", "pid", "umur / up", "RSS MiB", "siap / ready", title="ILP")
    for name, entry in state["processes"].items():
        mark = {None: "–", True: "ya / yes", False: "belum / no"}[entry["ready"]]
        if entry["pid"] is None:
            table.add_row(name, "–", "–", "–", mark)
        else:
            table.add_row(name, str(entry["pid"]), span(entry["up_s"]), str(entry["rss_mib"]), mark)
    return table


def event_table(state: Json) -> Table:
    """Return the table of each worker's relay and consumer."""
    columns = ("relay", "belum terkirim / unpublished", "tertinggal / lag", "diparkir / parked")
    table = Table(Column("worker", no_wrap=True), *columns)
    for name, parts in state["workers"].items():
        relay, consumer = parts["relay"] or {}, parts["consumer"] or {}
        leads = "leader" if relay.get("leader") is True else "standby" if relay else "–"
        if relay.get("refusal"):
            leads = "menolak / refuses"
        numbers = (relay.get("unpublished"), consumer.get("lag"), consumer.get("parked"))
        table.add_row(name, leads, *("–" if number is None else str(number) for number in numbers))
    return table


def show(state: Json) -> None:
    """Print for people how far a start is, then the tables, with the alarms in red."""
    console = Console()
    say = partial(console.print, highlight=False, soft_wrap=True, markup=False)
    for line in start_lines(state["start"]):
        say(line)
    if state["processes"]:
        console.print(process_table(state))
    if not state["workers"]:
        return
    console.print(event_table(state))
    for alarm in state["alarms"]:
        say(f"{alarm['where']}: {alarm['text']}", style="red")
    if state["history"] is not None:
        say(Progress(**state["history"]).sentence())
    say(f"hitung ulang terakhir / last recount: {recount_line(state['recount'])}")


def start_lines(start: Json | None) -> list[str]:
    """Return for people what a start has done and what it is doing; nothing where there is none."""
    if start is None:
        return []
    now = ", ".join(start["under_way"]) or "…"
    return [
        f"Sedang dijalankan sejak / starting since {start['since']}",
        *(f"  ✓ {done['step']}  ({done['seconds']:.1f} s)" for done in start["done"]),
        f"  … sedang / now: {now}",
    ]


def recount_line(recount: Json | None) -> str:
    """Return the last recount for people: its numbers, then the regencies that it compared and since when it did all.

    A recount of an older release says nothing of regencies.
    """
    if recount is None:
        return "belum ada / none yet"
    fields = {key: value for key, value in recount.items() if not isinstance(value, list | dict)}
    regencies, compared, since = (fields.pop(key, None) for key in ("regencies", "regencies_compared", "all_since"))
    line = " ".join(f"{key}={value}" for key, value in fields.items())
    if regencies is None:
        return line
    whole = f"semua sejak / all since {since}" if since else "belum semuanya / not all of them yet"
    return f"{line}; kabupaten/kota dibandingkan / regencies compared: {compared} dari / of {regencies}, {whole}"


def main() -> int:
    """Run `make status`; return its exit code."""
    config = Config.from_environment()
    state = asyncio.run(collect(config))
    if "--json" in sys.argv[1:]:
        print(json.dumps(state))
    elif state["state"] == "stopped":
        complain(f"Tidak berjalan di {config.data}: `make run` / not running: `make run`")
    else:
        show(state)
    return 0 if state["ready"] and not state["alarms"] else 1


if __name__ == "__main__":
    sys.exit(answered(main))
