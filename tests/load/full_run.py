"""Benchmarks of the full platform, on one run of it: start, memory, entry to live page, reads, rebuild."""

import os
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from pathlib import Path
from typing import Final

import httpx2

from deploy.dev.config import Config, cache_folder
from deploy.dev.vault import free_port
from tests.flow.stage import Stage, open_folder, started
from tests.load import city, footprint, latency, population, reads, rebuild
from tests.load.figures import Line

Benchmark = Callable[[Stage, Sequence[population.Posyandu]], Awaitable[list[Line]]]
BENCHMARKS: Final[dict[str, Benchmark]] = {"latency": latency.run, "reads": reads.run, "rebuild": rebuild.run}
NAMES: Final = ("start", *BENCHMARKS, "memory")


async def run(folder: Path, names: Collection[str], add: Callable[[str, list[Line]], None]) -> None:
    """Run the named ones on one platform in the folder, and add the lines of each to the results."""
    folder.mkdir()
    open_folder(folder)
    config = Config(folder, cache_folder(os.environ), free_port(), False, None, None)
    began = time.perf_counter()
    async with started(config) as platform, httpx2.AsyncClient(base_url=config.address, timeout=60) as client:
        first_s = time.perf_counter() - began
        async with Stage(platform, client) as stage:
            await stage.settled(within_s=240)
            idle = footprint.memory(stage)
            places = await city.populate(stage) if BENCHMARKS.keys() & set(names) else []
            for name, benchmark in BENCHMARKS.items():
                if name in names:
                    add(name, await benchmark(stage, places))
            if "memory" in names:
                add("memory", footprint.memory_lines(idle, footprint.memory(stage)))
    if "start" in names:
        add("start", await footprint.start_lines(config, first_s))
