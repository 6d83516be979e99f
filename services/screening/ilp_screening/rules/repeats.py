"""The warning of a screening that may be another's second record: the same person, the same day, the same questions.

Pure. Nothing is refused: a child may be weighed twice in a day, and what was recorded twice is voided by people.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final, NamedTuple
from uuid import UUID

from ilp_screening.rules.forms import Observation
from ilp_screening.rules.summary import filled
from ilp_shared.problems import FieldWarning
from ilp_shared.text import Text

_ALREADY: Final = Text(
    "Pada hari itu orang ini sudah punya skrining dengan {labels}; yang ini tetap tercatat. Bila terkirim dua kali,"
    " batalkan salah satunya.",
    "This person already has a screening of that day with {labels}; this one was recorded all the same. If it was sent"
    " twice, void one of them.",
)


class Standing(NamedTuple):
    """A screening that is not voided: its reporting day, the person's home then, and the codes that it observed."""

    id: UUID
    day: date
    home_area: str
    codes: frozenset[str]


def possible_duplicates(
    catalog: Mapping[str, Observation], day: date, codes: Iterable[str], earlier: Sequence[Standing]
) -> tuple[FieldWarning, ...]:
    """Return a warning that names the newest of the person's `earlier` screenings with an observation in common."""
    observed = set(codes)
    for standing in earlier:
        common = sorted(observed & standing.codes) if standing.day == day else []
        if common:
            message = filled(_ALREADY, [catalog[code].label for code in common])
            return (
                FieldWarning(pointer="/person_id", code="possible_duplicate", message=message, existing_id=standing.id),
            )
    return ()
