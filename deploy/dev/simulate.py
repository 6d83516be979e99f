"""The demonstration day: five real districts, made-up people, a morning of posyandu open days, through the front door.

By hand: `python -m deploy.dev.simulate`. The same seed and day send the same requests with the same keys, so a second
run adds nothing, and the next run finishes one that was cut short.
Environment: ILP_BASE_URL, ILP_DEV_ISSUER (both set by up.py), ILP_DEMO_SEED, ILP_DEMO_DATE, ILP_DEMO_SPEED
(1: three minutes, 10: ten times as fast, 0: no pauses), ILP_DEMO_SCALE (share of villages), ILP_DEMO_DISTRICTS (codes).
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from deploy.dev.config import Config
from deploy.dev.demo.client import Client, RefusedError, UnreachableError
from deploy.dev.demo.follow_up import follow_up
from deploy.dev.demo.morning import Morning
from deploy.dev.demo.network import DISTRICTS
from deploy.dev.demo.parallel import side_by_side
from deploy.dev.demo.preparation import Settings, prepare
from deploy.dev.demo.steps import Unit
from deploy.dev.demo.visits import CLOSES
from deploy.dev.failure import StartError
from ilp_shared.areas import zone_of

MORNING_S = 180.0
PROGRESS_S = 5.0
ZONE = zone_of(DISTRICTS[0].code)


@dataclass(frozen=True)
class Run:
    """The parameters of a run: address, issuer, speed (0: no pauses)."""

    address: str
    issuer: Path
    speed: float
    settings: Settings


def last_finished_morning(now: datetime) -> date:
    """Return today once the posyandu have closed (Asia/Jakarta), else yesterday: the platform refuses future times."""
    local = now.astimezone(ZONE)
    return local.date() if local.time() >= CLOSES else local.date() - timedelta(days=1)


def read_run(env: Mapping[str, str], now: datetime) -> Run:
    """Read the environment; raises StartError for what makes no sense, and for a morning that is not over."""
    config = Config.from_environment(env)
    try:
        seed, speed = int(env.get("ILP_DEMO_SEED") or 1), float(env.get("ILP_DEMO_SPEED") or 1)
        scale = float(env.get("ILP_DEMO_SCALE") or 1)
        day = date.fromisoformat(env["ILP_DEMO_DATE"]) if env.get("ILP_DEMO_DATE") else last_finished_morning(now)
    except ValueError:
        raise StartError(
            "ILP_DEMO_SEED, _SPEED, _SCALE harus angka dan _DATE tanggal TTTT-BB-HH"
            " / must be numbers, and _DATE a date YYYY-MM-DD"
        ) from None
    if not 0 <= speed < float("inf") or not 0 <= scale <= 1:
        raise StartError("ILP_DEMO_SPEED ≥ 0, ILP_DEMO_SCALE 0–1")
    if day > last_finished_morning(now):
        raise StartError(f"ILP_DEMO_DATE={day}: pagi itu belum selesai / that morning is not over yet")
    codes = set(filter(None, env.get("ILP_DEMO_DISTRICTS", "").split(",")))
    districts = tuple(district for district in DISTRICTS if not codes or district.code in codes)
    if codes - {district.code for district in districts}:
        raise StartError(f"ILP_DEMO_DISTRICTS: {', '.join(district.code for district in DISTRICTS)}")
    address, issuer = env.get("ILP_BASE_URL") or config.address, Path(env.get("ILP_DEV_ISSUER") or config.issuer)
    if not (issuer / "private.json").exists():
        raise StartError(f"Tidak ada penerbit token di {issuer}: `make run` dulu / no development issuer there")
    return Run(address, issuer, speed, Settings(seed, day, scale, districts))


def say(text: str) -> None:
    """Print one line of progress: counts only, never anything about a person."""
    print(f"{datetime.now(ZONE):%H:%M:%S}  {text}", flush=True)


class Day:
    """One demonstration day under way."""

    def __init__(self, client: Client, run: Run) -> None:
        self._client, self._run = client, run
        self._sent, self._total = 0, 0
        self._refused: list[str] = []

    async def carry_out(self) -> int:
        """Prepare, play the morning, follow up; return 0 if nothing was refused."""
        mornings = [
            await prepare(self._client, district, self._run.settings) for district in self._run.settings.districts
        ]
        counts = self._client.counts
        say(f"siap / prepared: {counts['accepted']} baru / new, {counts['duplicate']} sudah ada / known")
        progress = asyncio.create_task(self._report())
        try:
            await self._play(sorted((u for m in mornings for u in m.units), key=lambda unit: unit.at))
        finally:
            progress.cancel()
        await self._follow_up(mornings)
        say(
            f"selesai / done: {counts['accepted']} diterima / accepted, {counts['duplicate']} berulang / duplicates,"
            f" {counts['retry']} diulang / retries, {len(self._refused)} ditolak / refused"
        )
        for reason in sorted(set(self._refused)):
            say(f"ditolak / refused: {reason} ({self._refused.count(reason)}×)")
        return 1 if self._refused else 0

    async def _play(self, units: Sequence[Unit]) -> None:
        loop = asyncio.get_running_loop()
        started = loop.time()
        self._total = len(units)

        async def when_due(unit: Unit) -> None:
            if self._run.speed:
                await asyncio.sleep(started + unit.at * MORNING_S / self._run.speed - loop.time())
            await self._unless_refused(self._send_unit(unit))
            self._sent += 1

        await side_by_side(units, when_due)

    async def _send_unit(self, unit: Unit) -> None:
        for step in unit.steps:
            await self._client.send(step)

    async def _follow_up(self, mornings: Sequence[Morning]) -> None:
        plans = [plan for morning in mornings for plan in morning.follow_ups]
        await side_by_side(plans, lambda plan: self._unless_refused(follow_up(self._client, plan)))

    async def _unless_refused(self, work: Coroutine[None, None, None]) -> None:
        """Store a refusal for the end, so that the rest of the day goes on."""
        try:
            await work
        except RefusedError as error:
            self._refused.append(str(error))

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(PROGRESS_S)
            say(f"pagi / morning: {self._sent}/{self._total} kiriman / uploads, {self._client.counts['retry']} diulang")


async def simulate() -> int:
    """Play the day that the environment asks for; return the exit code."""
    run = read_run(os.environ, datetime.now(ZONE))
    async with Client(run.address, run.issuer) as client:
        await client.ready()
        say(f"hari contoh / demonstration day {run.settings.day}, seed {run.settings.seed}")
        return await Day(client, run).carry_out()


def exit_code(work: Callable[[], Coroutine[None, None, int]]) -> int:
    """Run work to its end; return its exit code, or 1 after one line if the platform does not answer or refuses."""
    try:
        return asyncio.run(work())
    except StartError as error:
        say(str(error))
    except UnreachableError:
        say("Platform tidak menjawab; jalankan `make run` / the platform does not answer; run `make run`")
    except RefusedError as error:
        say(f"ditolak / refused: {error}")
    return 1


def main() -> int:
    """Play the day; return its exit code."""
    return exit_code(simulate)


if __name__ == "__main__":
    sys.exit(main())
