"""Benchmarks of the full platform, on one run of it: start, memory, entry to live page, reads, rebuild."""

import os
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from pathlib import Path
from typing import Final

from deploy.dev.config import Config, cache_folder
from deploy.dev.vault import free_port
from tests.load import city, footprint, latency, painting, phone, population, reads, rebuild, search, stopping
from tests.load.figures import Line
from tests.support.plain_http import plain_client
from tests.support.platform import Platform
from tests.support.started_platform import open_folder, started

Benchmark = Callable[[Platform, Sequence[population.Posyandu]], Awaitable[list[Line]]]
BENCHMARKS: Final[dict[str, Benchmark]] = {
    "latency": latency.run,
    "reads": reads.run,
    "search": search.run,
    "phone": phone.run,
    "paint": painting.run,
    "stop": stopping.run,
    "rebuild": rebuild.run,
}
NAMES: Final = ("start", *BENCHMARKS, "memory")


async def run(folder: Path, names: Collection[str], add: Callable[[str, list[Line]], None]) -> None:
    """Run the named ones on one platform in the folder, and add the lines of each to the results."""
    folder.mkdir()
    open_folder(folder)
    config = Config(folder, cache_folder(os.environ), free_port(), False, None, None)
    began = time.perf_counter()
    async with started(config) as deployment, plain_client(config.address, timeout=60) as client:
        first_s = time.perf_counter() - began
        async with Platform(deployment, client) as platform:
            await platform.settled(within_s=240)
            idle = footprint.memory(platform)
            places = await city.populate(platform) if BENCHMARKS.keys() & set(names) else []
            for name, benchmark in BENCHMARKS.items():
                if name in names:
                    add(name, await benchmark(platform, places))
            if "memory" in names:
                add("memory", footprint.memory_lines(idle, footprint.memory(platform)))
    if "start" in names:
        add("start", await footprint.start_lines(config, first_s))
