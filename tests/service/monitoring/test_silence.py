"""Regencies that send on nearly every weekday and are silent today: counted in the metrics, named in the log."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from ilp_monitoring.projections.housekeeping import show_silence
from ilp_shared.logging import configure_logging
from ilp_shared.metrics import REGENCIES_SILENT
from tests.service.monitoring.conftest import Monitoring
from tests.service.monitoring.events import CHILD, TALL, VILLAGE, WEIGHED

EAST = "91.71.01.1001"
ELEVEN_IN_THE_EAST = datetime(2026, 11, 30, 2, 0, tzinfo=UTC)
"""A Monday; in the west it is nine o'clock."""
WEEKDAYS = [day for n in range(1, 29) if (day := ELEVEN_IN_THE_EAST - timedelta(days=n)).weekday() < 5]


@dataclass(frozen=True)
class Fixed:
    """A clock that always says the same instant."""

    at: datetime

    def now(self) -> datetime:
        return self.at


async def silent(monitoring: Monitoring, at: datetime) -> float:
    """Let the job look at an instant; return the gauge."""
    async with monitoring.resources.database.pool.acquire() as conn:
        await show_silence(conn, Fixed(at))
    [sample] = [sample for family in REGENCIES_SILENT.collect() for sample in family.samples]
    return float(sample.value)


async def send(monitoring: Monitoring, village: str, at: datetime) -> None:
    name = f"{village} {at}"
    event = monitoring.world.screening(
        name, name, CHILD, TALL, observed=WEIGHED, village=village, facility_area=village, posyandu=f"of {village}"
    )
    await monitoring.feed.apply(event, recorded_at=at)


async def test_a_regency_is_silent_from_eleven_of_its_own_time(
    monitoring: Monitoring, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging("monitoring", "INFO")  # to what pytest captures now
    await monitoring.feed.apply(monitoring.world.tree("13.76", VILLAGE), monitoring.world.tree("91.71", EAST))
    for day in reversed(WEEKDAYS):
        await send(monitoring, VILLAGE, day)
        await send(monitoring, EAST, day)
        assert await silent(monitoring, day + timedelta(minutes=5)) == 0
    assert await silent(monitoring, ELEVEN_IN_THE_EAST - timedelta(minutes=1)) == 0
    capsys.readouterr()
    assert await silent(monitoring, ELEVEN_IN_THE_EAST) == 1
    [line] = [json.loads(each) for each in capsys.readouterr().out.splitlines() if "regencies_silent" in each]
    assert line["silent"] == "91.71"
    assert await silent(monitoring, ELEVEN_IN_THE_EAST + timedelta(hours=2)) == 2
    await send(monitoring, EAST, ELEVEN_IN_THE_EAST + timedelta(hours=2))
    assert await silent(monitoring, ELEVEN_IN_THE_EAST + timedelta(hours=2)) == 1
    assert await silent(monitoring, ELEVEN_IN_THE_EAST - timedelta(days=1)) == 0, "a Sunday"
