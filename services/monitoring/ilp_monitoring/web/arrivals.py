"""The list of what came in last: by facility and minute, how many, never whose. Pure.

`static/arrivals.js` builds the same entries; change both together.
"""

from dataclasses import dataclass

from ilp_monitoring.situations.areas import Arrival
from ilp_monitoring.web.frame import Frame
from ilp_monitoring.web.i18n import Words


@dataclass(frozen=True, slots=True)
class Entry:
    """One facility and minute; `key` tells entries apart."""

    key: str
    time: str
    unit: str
    what: str
    amount: str


def entries(frame: Frame) -> list[Entry]:
    """Return the entries, newest first."""
    return [_entry(frame, arrival) for arrival in frame.situation.arrivals]


def _entry(frame: Frame, arrival: Arrival) -> Entry:
    words = frame.words
    return Entry(
        key=f"{arrival.facility_id} {arrival.minute:%Y-%m-%dT%H:%MZ}",
        time=words.time(arrival.minute, frame.zone, "time.minute"),
        unit=", ".join(name for name in (arrival.facility_name or words("live.unit"), arrival.area_name) if name),
        what=_what(words, arrival),
        amount=f"+{words.number(arrival.weighings + arrival.others)}",
    )


def _what(words: Words, arrival: Arrival) -> str:
    if not arrival.weighings:
        return words("live.screenings", arrival.others)
    weighings = words("live.weighings", arrival.weighings)
    return f"{weighings} · {words('live.others', arrival.others)}" if arrival.others else weighings
