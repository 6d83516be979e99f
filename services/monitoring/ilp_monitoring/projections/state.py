"""Present states: of each aggregate that is counted, the newest version of what counting needs.

The tables are copies (`ilp_shared.db.copies`): of each id, the newest version wins.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date, datetime
from typing import Final, NamedTuple, TypeVar
from uuid import UUID

from ilp_monitoring.rules.contributions import CountedScreening
from ilp_shared.bus.contract.envelope import Event
from ilp_shared.db.connection import Connection
from ilp_shared.db.copies import Copy

PersonMonth = tuple[UUID, str]


class ScreeningState(NamedTuple):
    """A row of `observation`, in column order; `facts` is a bit mask (see the definitions)."""

    screening_id: UUID
    version: int
    person_id: UUID
    facility_id: UUID
    facility_kind: str
    facility_area: str
    period: str
    day: date
    occurred_at: datetime
    home_area: str
    birth_month: str
    facts: int
    voided: bool


class TaskState(NamedTuple):
    """A row of `task_state`."""

    task_id: UUID
    version: int
    period: str
    home_area: str
    status: str
    due_day: str


class OpenDayState(NamedTuple):
    """A row of `open_day`."""

    open_day_id: UUID
    version: int
    facility_id: UUID
    facility_kind: str
    facility_area: str
    day: date
    cancelled: bool


class ResidentState(NamedTuple):
    """A row of `resident`."""

    person_id: UUID
    version: int
    sex: str
    birth_month: str
    home_area: str
    active: bool


class FacilityState(NamedTuple):
    """A row of `facility`."""

    facility_id: UUID
    version: int
    kind: str
    name: str
    area_code: str
    example_data: bool


SCREENINGS: Final = Copy("observation", ScreeningState, "screening_id", composite=True)
TASKS: Final = Copy("task_state", TaskState, "task_id")
OPEN_DAYS: Final = Copy("open_day", OpenDayState, "open_day_id")
RESIDENTS: Final = Copy("resident", ResidentState, "person_id")
FACILITIES: Final = Copy("facility", FacilityState, "facility_id")

Row = TypeVar("Row", ScreeningState, TaskState, OpenDayState, ResidentState, FacilityState)
Changed = Sequence[tuple[Row | None, Row]]
"""States before a batch (None: not known) and after it."""

_SCREENINGS_OF: Final = """
SELECT o.person_id, o.period, o.day, o.occurred_at, o.screening_id, o.home_area, o.birth_month, o.facts
FROM unnest($1::uuid[], $2::text[]) AS p (person_id, period)
JOIN observation o ON o.person_id = p.person_id AND o.period = p.period
WHERE NOT o.voided
"""


async def changed_by(
    conn: Connection, copy: Copy[Row], events: Sequence[Event], state_of: Callable[[Event, Row | None], Row]
) -> Changed[Row]:
    """Return the states that events change, before and after all of them; stores nothing.

    `state_of` gives the state after an event from the one before it. An event with an older version changes nothing.
    """
    before = await copy.read(conn, {event.aggregate_id for event in events})
    after = dict(before)
    for event in events:
        known = after.get(event.aggregate_id)
        if known is None or known.version < event.aggregate_version:
            after[event.aggregate_id] = state_of(event, known)
    return [(before.get(key), state) for key, state in after.items() if before.get(key) is not state]


def signed(changed: Changed[Row]) -> Iterator[tuple[Row, int]]:
    """Yield what changes take away (the state before, -1) and what they add (the state after, 1)."""
    for old, new in changed:
        if old is not None:
            yield old, -1
        yield new, 1


async def screenings_of(
    conn: Connection, persons: Collection[PersonMonth]
) -> dict[PersonMonth, dict[UUID, CountedScreening]]:
    """Return the stored screenings of each person and month that are not void, by their id."""
    columns = [person for person, _ in persons], [period for _, period in persons]
    screenings: dict[PersonMonth, dict[UUID, CountedScreening]] = {}
    for row in await conn.fetch(_SCREENINGS_OF, *columns):
        screenings.setdefault((row[0], row[1]), {})[row[4]] = CountedScreening._make(row[2:])
    return screenings
