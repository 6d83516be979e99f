"""A fixed situation for the screenshots: Kota Payakumbuh in two months, the same numbers in every run.

Monitoring's own app behind a real server, its clock standing still, fed with events as the worker would be.
"""

import csv
import gzip
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from typing import Any

from ilp_monitoring.projections.engine import SituationProjection
from ilp_monitoring.service import SERVICE
from ilp_shared.bus.contract.envelope import NewEvent
from ilp_shared.events.registry.v1 import AreaNode, AreaTreePublished
from ilp_shared.http.resources import Resources
from tests.service.monitoring.events import PRESSURE, SHORT, TALL, TB_NO, TB_YES, WEIGHED, World, id_of
from tests.support.api import Issuer, listening, open_api
from tests.support.databases import Databases
from tests.support.feeding import Feed

CITY, PROVINCE = "13.76", "13"
SEED = 20261122
NOW = datetime(2026, 11, 22, 7, 5, 12, tzinfo=UTC)
DAYS = (date(2026, 10, 13), date(2026, 11, 10))
NAMES = ("Posyandu Mawar", "Posyandu Melati", "Posyandu Cempaka", "Posyandu Anggrek")
SILENT_SHARE = 0.15
"""Villages with an open day from which nothing has come in yet."""


@dataclass(frozen=True)
class StandingClock:
    """A clock that does not move."""

    def now(self) -> datetime:
        """Return the instant at which all screenshots are taken."""
        return NOW


@dataclass(frozen=True)
class City:
    """The served app and who signs its readers in."""

    address: str
    issuer: Issuer


@asynccontextmanager
async def shown_city(databases: Databases, issuer: Issuer) -> AsyncIterator[City]:
    """Serve the city's pages from a fresh database."""
    async with open_api(SERVICE, await databases.create(SERVICE), issuer) as api:
        resources: Resources = api.app.state.resources
        resources.clock = StandingClock()
        feed = Feed(resources.database.pool, SituationProjection())
        batches = _batches()
        for minutes, batch in zip(range(len(batches), 0, -1), batches, strict=True):
            await feed.apply(*batch, recorded_at=NOW - timedelta(minutes=minutes))
        async with listening(api.app) as address:
            yield City(address, issuer)


def _areas() -> list[AreaNode]:
    packed = (files("ilp_registry.reference") / "regions.csv.gz").read_bytes()
    rows = csv.DictReader(gzip.decompress(packed).decode().splitlines())
    return [
        AreaNode(
            code=row["code"],
            name=row["name"],
            level=row["level"],
            kind=row["kind"],
            parent_code=row["parent_code"] or None,
        )
        for row in rows
        if row["code"].count(".") <= 1 or row["code"].startswith(f"{CITY}.")
    ]


def _trees(world: World, areas: list[AreaNode]) -> Iterator[NewEvent]:
    """One tree for each regency of the province, and for the first regency of the others."""
    provinces = {area.code: area for area in areas if area.level == "province"}
    drawn = set()
    for regency in (area for area in areas if area.level == "regency"):
        province = regency.code[:2]
        if province in drawn and province != PROVINCE:
            continue
        drawn.add(province)
        below = [area for area in areas if area.code.startswith(f"{regency.code}.")]
        data = AreaTreePublished(root=regency.code, dataset="test", areas=[provinces[province], regency, *below])
        yield world.event(data, id_of(f"tree {regency.code}"), regency.code)


def _batches() -> list[list[NewEvent]]:
    """Return the trees, then what comes in from each village within a minute."""
    dice, world, areas = random.Random(SEED), World(), _areas()
    villages = [area.code for area in areas if area.level == "village"]
    return [list(_trees(world, areas)), *(list(_village(world, dice, village)) for village in villages)]


def _village(world: World, dice: random.Random, village: str) -> Iterator[NewEvent]:
    silent, zeal = dice.random() < SILENT_SHARE, dice.uniform(0.35, 1.0)
    posyandu = [f"posyandu {village} {number}" for number in range(dice.randint(2, 4))]
    for name, display_name in zip(posyandu, NAMES, strict=False):
        registered = world.posyandu(name, village, example=True)
        yield replace(registered, data=registered.data.model_copy(update={"name": display_name}))
        for day in DAYS:
            yield world.open_day(f"{name} {day}", name, day, village)
    for number in range(dice.randint(9, 24)):
        person, child = f"person {village} {number}", number % 2 == 0
        yield world.person(person, "2024-03" if child else "1975-05", village)
        for day in DAYS[: 1 if silent else 2]:
            if dice.random() < zeal:
                yield _visit(world, dice, child, village, dice.choice(posyandu), person, day)
                if not child and dice.random() < 0.2:
                    task = f"task {person} {day}"
                    yield world.task(task, dice.choice(["requested", "completed"]), opened=day, village=village)


def _visit(
    world: World, dice: random.Random, child: bool, village: str, posyandu: str, person: str, day: date
) -> NewEvent:
    said: dict[str, Any] = {"day": day, "village": village, "posyandu": posyandu}
    if child:
        height = SHORT if dice.random() < 0.18 else TALL
        event = world.screening(f"{person} {day}", person, "2024-03", height, observed=WEIGHED, **said)
    else:
        cough = TB_YES if dice.random() < 0.04 else TB_NO
        event = world.screening(f"{person} {day}", person, "1975-05", PRESSURE, cough, **said)
    return replace(event, data=event.data.model_copy(update={"facility_area": village}))
