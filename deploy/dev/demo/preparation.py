"""The preparation of the districts before the morning: facilities, residents, open days, all through the public API.

Villages and puskesmas are read from the registry; made-up facilities and people are registered there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from deploy.dev.demo.client import Client
from deploy.dev.demo.morning import Morning, Planner, Villages
from deploy.dev.demo.network import DISTRICTS, District, Facility, Place, Puskesmas, plan_posyandu, plan_pustu
from deploy.dev.demo.parallel import AT_ONCE, side_by_side
from deploy.dev.demo.population import Resident, residents
from deploy.dev.demo.steps import Body, Sender, Step

BATCH = 250


@dataclass(frozen=True)
class Settings:
    """The parameters of a demonstration day; `scale` (0 to 1) is the share of villages that take part."""

    seed: int
    day: date
    scale: float = 1.0
    districts: Sequence[District] = DISTRICTS


async def prepare(client: Client, district: District, settings: Settings) -> Morning:
    """Register one district and schedule its open days; return the plan of its morning."""
    posyandu, pustu = await read_network(client, district)
    special = Villages.of(district.code, (facility.village for facility in posyandu))
    people = by_posyandu(residents(posyandu, settings.seed, settings.day))
    part = [p for p in posyandu if special.chosen(p.village, settings.scale)]
    await register(client, district, [*part, *pustu], [person for facility in part for person in people[facility.id]])
    morning = Planner(special, people, settings.seed, settings.day).plan(part)
    await side_by_side(morning.open_days, client.send)
    return morning


async def read_network(client: Client, district: District) -> tuple[list[Facility], list[Facility]]:
    """Return the planned posyandu and pustu of a district, for the villages and puskesmas of the registry."""
    dinas = Sender("dinas", district.code)
    villages = [
        Place(row["code"], row["name"])
        async for row in client.items("/registry/v1/areas", dinas, area=district.code, level="village")
    ]
    puskesmas = [
        Puskesmas(UUID(row["id"]), row["name"], row["area_code"])
        async for row in client.items("/registry/v1/facilities", dinas, area=district.code, kind="puskesmas")
    ]
    return plan_posyandu(district, villages, puskesmas), plan_pustu(district, villages, puskesmas)


async def register(
    client: Client,
    district: District,
    facilities: Sequence[Facility],
    people: Sequence[Resident],
    at_once: int = AT_ONCE,
) -> None:
    """Register facilities, then people, so many batches at once; those that are known stay as they are."""
    dinas, midwife = Sender("dinas", district.code), Sender("midwife", district.code)
    places = [facility.item() for facility in facilities]
    await side_by_side(batches(dinas, "/registry/v1/facilities:batch", places), client.send, at_once)
    persons = batches(midwife, "/registry/v1/persons:batch", [person.item() for person in people])
    await side_by_side(persons, client.send, at_once)


def by_posyandu(people: Iterable[Resident]) -> dict[UUID, list[Resident]]:
    """Return residents by their posyandu."""
    residents_of: dict[UUID, list[Resident]] = {}
    for person in people:
        residents_of.setdefault(person.posyandu, []).append(person)
    return residents_of


def batches(sender: Sender, path: str, items: Sequence[Body]) -> list[Step]:
    """Split items into batches of the size that the API accepts."""
    return [Step(sender, path, items=items[n : n + BATCH]) for n in range(0, len(items), BATCH)]
