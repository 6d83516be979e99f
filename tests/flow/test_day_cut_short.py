"""A demonstration day during which everything is killed once: it must end with the numbers of an undisturbed day."""

from pathlib import Path

import pytest

from deploy.dev.demo.network import DISTRICTS
from tests.support.platform import Platform, process_names
from tests.support.shared_platform import SMALL, DayDone, DayOfRun, play
from tests.support.stored_platform import running_copy
from tests.support.waiting import eventually

STRIDE = 25
"""Screenings that must be stored between two kills."""
SPEED = 5
VICTIMS = ("screening-api", "screening-worker", "postgres", "monitoring-worker", "kafka")


async def progress(platform: Platform, stored: int) -> int:
    """Wait until more screenings are stored than `stored` + STRIDE; gives how many there are."""

    async def more() -> int:
        now = await platform.count("screening", "event_log")
        return now if now >= stored + STRIDE else 0

    return await eventually(more, within_s=120, every_s=0.1)


@pytest.mark.backends
@pytest.mark.thorough
async def test_killed_at_every_place_the_day_ends_with_the_same_numbers(
    tmp_path_factory: pytest.TempPathFactory, stored_platform: Path, day_of_run: DayOfRun
) -> None:
    folder: Path = tmp_path_factory.mktemp("cut-short")
    victims = [*VICTIMS, *(name for name in process_names() if name not in VICTIMS)]
    async with running_copy(stored_platform, folder) as platform:
        log = folder / "logs" / "simulate.log"
        day = await platform.start_day(log, DATE=day_of_run.day, SCALE=SMALL, SPEED=SPEED)
        stored = 0
        for number, name in enumerate(victims):
            stored = await progress(platform, stored)
            assert day.returncode is None, f"the day was over before {name} was killed:\n{log.read_text()}"
            await platform.kill(name)
            if number == 1:  # the sender too is cut off, and another run finishes its day
                day.kill()
                await day.wait()
                day = await platform.start_day(log, DATE=day_of_run.day, SCALE=SMALL, SPEED=SPEED)
        assert await day.wait() == 0, log.read_text()
        await platform.ready()
        await platform.settled(within_s=120)
        code, report = await platform.recount()
        assert code == 0, report
        cells = await platform.cells(*(district.code for district in DISTRICTS))
    assert cells == (await undisturbed(day_of_run, stored_platform, tmp_path_factory.mktemp("undisturbed"))).cells


async def undisturbed(day_of_run: DayOfRun, stored_platform: Path, folder: Path) -> DayDone:
    """Return the day as another process of the run has played it; plays it here where none has."""
    async with day_of_run as record:
        if record.done is None:
            async with running_copy(stored_platform, folder) as platform:
                record.done = await play(platform, record.day, SMALL)
        return record.done
