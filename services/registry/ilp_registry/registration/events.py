"""Events of persons."""

from ilp_registry.registration.models import NewPerson, PersonChange
from ilp_shared.areas import village_of
from ilp_shared.bus.contract.envelope import Aggregate
from ilp_shared.events.registry.v1 import PersonRegistered


def person_registered(
    person: NewPerson | PersonChange, version: int, origin_area: str
) -> tuple[PersonRegistered, Aggregate]:
    """Return the event of a person in a version, and the aggregate: neither NIK nor name, the home as its village.

    `origin_area` is the home at registration.
    """
    village = village_of(person.home_area)
    data = PersonRegistered(
        person_id=person.id, sex=person.sex, birth_date=person.birth_date, home_area=village, active=True
    )
    return data, Aggregate(person.id, version, home_area=origin_area, area_code=village)
