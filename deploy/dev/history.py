"""The history of the demonstration: the months before its day, so that every comparison has something to compare with.

By hand: `python -m deploy.dev.history`, with the environment of `deploy.dev.simulate` and ILP_DEMO_HISTORY (months, 13;
`off` for none). It is that of the first district unless ILP_DEMO_DISTRICTS names others: all five are four times the
work. It runs beside the day. The same seed sends the same requests with the same keys, so a second run adds nothing,
and the next run finishes one that was cut short.
"""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from deploy.dev.config import Config
from deploy.dev.demo.client import Client
from deploy.dev.demo.history import months_before
from deploy.dev.demo.loading import load
from deploy.dev.demo.network import DISTRICTS
from deploy.dev.demo.progress import Progress, State
from deploy.dev.simulate import ZONE, Run, exit_code, read_run, say


class Loading:
    """One run of the load, which notes its progress in the data folder and in its log."""

    def __init__(self, run: Run, months: int, data: Path) -> None:
        self._run, self._data = run, data
        self._progress = Progress(months)

    async def carry_out(self) -> int:
        """Load the months; return 0. Raises RefusedError or UnreachableError when not all are there."""
        self._note()
        try:
            async with Client(self._run.address, self._run.issuer) as client:
                await client.ready()
                await self._load(client)
                counts = client.counts
                say(f"{counts['accepted']} diterima / accepted, {counts['duplicate']} berulang / duplicates")
        except BaseException:
            self._progress = replace(self._progress, state="incomplete")
            self._note()
            raise
        return 0

    async def _load(self, client: Client) -> None:
        loop = asyncio.get_running_loop()
        started = loop.time()
        months = months_before(self._run.settings.day, self._progress.months)
        async for sent in load(client, self._run.settings, months):
            done, screenings = self._progress.months_done + 1, self._progress.screenings + sent
            state: State = "complete" if done == len(months) else "loading"
            seconds = round(loop.time() - started, 1)
            self._progress = Progress(len(months), done, screenings, seconds, state)
            self._note()

    def _note(self) -> None:
        self._progress.write(self._data)
        say(self._progress.sentence())


async def load_history() -> int:
    """Load the history that the environment asks for; return the exit code."""
    config, run = Config.from_environment(), read_run(os.environ, datetime.now(ZONE))
    if not os.environ.get("ILP_DEMO_DISTRICTS"):
        run = replace(run, settings=replace(run.settings, districts=DISTRICTS[:1]))
    return await Loading(run, config.history, config.data).carry_out() if config.history else 0


def main() -> int:
    """Load the history; return 1 after one line if the platform cannot be reached or refuses something."""
    return exit_code(load_history)


if __name__ == "__main__":
    sys.exit(main())
