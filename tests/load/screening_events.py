"""Events of screenings as the screening service raises them: judged by the real packs, made once for a benchmark."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from ilp_screening.copies.repository import Facility, Person
from ilp_screening.packs.loader import load_library
from ilp_screening.recording.recorder import Judged, RecordScreening, judge_all
from ilp_screening.recording.repository import Context
from ilp_screening.recording.schemas import ScreeningInput
from ilp_screening.screenings import events
from ilp_shared.auth.permissions import Role
from ilp_shared.auth.principal import Principal
from ilp_shared.bus.contract.catalog import domain_of
from ilp_shared.bus.contract.envelope import Event, NewEvent, shard_of, understand
from ilp_shared.ids import new_id
from tests.load import population

_OLDEST = timedelta(days=430)
_TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def recorded(places: Iterable[population.Posyandu]) -> Iterator[NewEvent]:
    """Yield the event of one screening of each person, open day by open day."""
    library = load_library()
    performer = Principal("load", frozenset({Role.MIDWIFE}), ("id",), 0)
    now = datetime.combine(population.DAY, datetime.min.time(), UTC) + timedelta(days=1)
    for place in places:
        facility = Facility(place.id, "posyandu", place.village, "Asia/Jakarta", 1)
        people = {str(person.id): person for person in place.people}
        commands, contexts = [], []
        for _, body in population.screenings([place]):
            resident = people[str(body["person_id"])]
            person = Person(resident.id, resident.sex, resident.born, place.village, 1)
            content = ScreeningInput.model_validate(body)
            commands.append(
                RecordScreening(performer, str(person.person_id), b"", new_id(), content, now, _OLDEST, _TRACE)
            )
            contexts.append(Context(None, person, facility, None))
        for decision in judge_all(library, commands, contexts):
            assert isinstance(decision, Judged)
            yield _event(decision)


def _event(judged: Judged) -> NewEvent:
    screening, person = judged.screening, judged.person
    about = events.aggregate_of(screening)
    return NewEvent(
        data=events.recorded(screening, person.sex, person.birth_date, judged.facility.kind),
        aggregate_id=about.id,
        aggregate_version=about.version,
        home_area=about.home_area,
        area_code=about.home_area,
        occurred_at=screening.occurred_at,
        facility_id=about.facility_id,
        policy_version=about.policy_version,
        traceparent=judged.command.traceparent,
    )


def as_read(new_events: Iterable[NewEvent]) -> list[Event]:
    """Return events as a consumer holds them after decoding, numbered from 1 in each shard."""
    last: Counter[int] = Counter()
    read = []
    for event in new_events:
        shard, value = shard_of(event.key), event.data.model_dump_json().encode()
        last[shard] += 1
        read.append(
            Event(
                event_id=event.event_id,
                type=event.data.TYPE,
                domain=domain_of(event.data.TYPE),
                shard=shard,
                sequence=last[shard],
                aggregate_id=event.aggregate_id,
                aggregate_version=event.aggregate_version,
                occurred_at=event.occurred_at,
                recorded_at=datetime.now(UTC),
                attributes={"areacode": event.area_code},
                value=value,
                data=understand(event.data.TYPE, value)[0],
            )
        )
    return read
