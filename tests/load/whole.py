"""The benchmarks of the whole platform, on one run of it: start, memory, entry to live page, reads, rebuild."""

import os
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from pathlib import Path
from typing import Final

import httpx2

from deploy.dev.config import Config, cache_folder
from deploy.dev.vault import free_port
from tests.load import city, footprint, latency, painting, phone, reading, rebuilding, stopping, world
from tests.load.figures import Line
from tests.support.platform import Platform, open_folder, started

Benchmark = Callable[[Platform, Sequence[world.Posyandu]], Awaitable[list[Line]]]
ON_STAGE: Final[dict[str, Benchmark]] = {
    "latency": latency.run,
    "reads": reading.run,
    "phone": phone.run,
    "paint": painting.run,
    "stop": stopping.run,
    "rebuild": rebuilding.run,
}
NAMES: Final = ("start", *ON_STAGE, "memory")


async def run(folder: Path, wanted: Collection[str], tell: Callable[[str, list[Line]], None]) -> None:
    """Run those wanted, on one platform in the folder, and tell the lines of each."""
    folder.mkdir()
    open_folder(folder)
    config = Config(folder, cache_folder(os.environ), free_port(), False, None, None)
    began = time.perf_counter()
    async with started(config) as deployment, httpx2.AsyncClient(base_url=config.address, timeout=60) as client:
        first_s = time.perf_counter() - began
        async with Platform(deployment, client) as platform:
            await platform.settled(within_s=240)
            idle = footprint.memory(platform)
            places = await city.populate(platform) if ON_STAGE.keys() & set(wanted) else []
            for name, benchmark in ON_STAGE.items():
                if name in wanted:
                    tell(name, await benchmark(platform, places))
            if "memory" in wanted:
                tell("memory", footprint.memory_lines(idle, footprint.memory(platform)))
    if "start" in wanted:
        tell("start", await footprint.start_lines(config, first_s))
