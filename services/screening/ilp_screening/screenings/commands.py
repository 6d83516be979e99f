"""What travels through the group commit: the command, what is known around it, and its outcome."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ilp_screening.screenings.judging import Facility, Person
from ilp_screening.screenings.schemas import ScreeningAnswer, ScreeningRequest
from ilp_shared.auth.principal import Principal
from ilp_shared.bus.contract.envelope import NewEvent

Identity = tuple[str, str]
"""Client and Idempotency-Key. The route is the same for single and batch, so that a phone may switch between them."""


@dataclass(frozen=True, slots=True)
class RecordScreening:
    """One screening to record, whether it came alone or in a batch."""

    principal: Principal
    key: str
    request_hash: bytes
    screening_id: UUID
    request: ScreeningRequest
    received_at: datetime
    traceparent: str

    @property
    def identity(self) -> Identity:
        """Who sent it under which key."""
        return self.principal.subject, self.key


@dataclass(frozen=True, slots=True)
class Kept:
    """What is stored with a key: the hash of its request and which screening it made (None while it is in progress).

    The first answer itself is version 1 of that screening: observations lie only where row-level security reaches.
    """

    request_hash: bytes
    status: int | None
    screening_id: UUID | None


@dataclass(frozen=True, slots=True)
class Place:
    """The open day a screening names."""

    facility_id: UUID
    facility_area: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the database knows around a command; None where it knows nothing."""

    kept: Kept | None
    person: Person | None
    facility: Facility | None
    open_day: Place | None


@dataclass(frozen=True, slots=True)
class Draft:
    """A judged screening, ready to be written."""

    command: RecordScreening
    person: Person
    answer: ScreeningAnswer
    body: str
    event: NewEvent


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer of a recorded screening; `replayed` when it was recorded before."""

    status: int
    body: str
    replayed: bool
