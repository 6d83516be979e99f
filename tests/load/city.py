"""A city on the running platform: Kota Payakumbuh's real villages, a posyandu each, and made-up people who come there.

Everything goes through the front door, as from a phone.
"""

from collections.abc import Iterator, Sequence
from datetime import date

from deploy.dev.demo.client import Client
from deploy.dev.demo.network import District
from deploy.dev.demo.preparation import batches, read_network
from deploy.dev.demo.seeded import demo_id
from deploy.dev.demo.steps import Sender
from tests.load import population
from tests.support.platform import Platform

CODE = "13.76"
CHILDREN, PEOPLE = 60, 160
"""Of each village."""
_DISTRICT = District(CODE, pustu=0, posyandu=None, per_village=1)


async def populate(platform: Platform) -> list[population.Posyandu]:
    """Register posyandu and people, wait until every service knows them; returns the posyandu."""
    async with Client(platform.address, platform.issuer) as client:
        facilities, _ = await read_network(client, _DISTRICT)
        places = [
            population.Posyandu(f.id, f.village, population.people_of(f.village, CHILDREN, PEOPLE)) for f in facilities
        ]
        items = [person_item(place, person) for place in places for person in place.people]
        dinas, midwife = Sender("dinas", CODE), Sender("midwife", CODE)
        for step in (
            *batches(dinas, "/registry/v1/facilities:batch", [facility.item() for facility in facilities]),
            *batches(midwife, "/registry/v1/persons:batch", items),
        ):
            await client.send(step)
    await platform.settled(within_s=240)
    return places


def person_item(place: population.Posyandu, person: population.Person) -> dict[str, object]:
    """Return a person's entry in a batch for the registry, without a NIK."""
    return {
        "idempotency_key": str(demo_id("load", "register", person.id)),
        "id": str(person.id),
        "name": "Warga Contoh",
        "sex": person.sex,
        "birth_date": person.born.isoformat(),
        "home_area": place.village,
    }


async def record_months(platform: Platform, places: Sequence[population.Posyandu], days: Sequence[date]) -> int:
    """Record one screening of each person on each of the days, in batches; returns how many."""
    count = 0
    async with Client(platform.address, platform.issuer, connections=2) as client:
        for day in days:
            entries = list(_entries(places, day))
            for step in batches(Sender("midwife", CODE), "/screening/v1/screenings:batch", entries):
                await client.send(step)
            count += len(entries)
    await platform.settled(within_s=600)
    return count


def _entries(places: Sequence[population.Posyandu], day: date) -> Iterator[dict[str, object]]:
    for _, body in population.screenings(places, day=day):
        yield {"idempotency_key": str(demo_id("load", "record", body["person_id"], day)), **body}
