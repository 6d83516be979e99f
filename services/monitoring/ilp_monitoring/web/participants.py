"""The strip of a province or the nation of which few regencies take part: a way down to those that do. Pure."""

from dataclasses import dataclass

from ilp_monitoring.situations.areas import Participation
from ilp_monitoring.situations.schemas import ParticipatingRegency
from ilp_monitoring.web.cards import units_text
from ilp_monitoring.web.frame import Frame, chosen
from ilp_monitoring.web.judging import SHAPES, StatusKind, status_of
from ilp_shared.areas import level_of, parent_of


@dataclass(frozen=True, slots=True)
class Row:
    """A regency that takes part, with the map's indicator; `province` is empty on the page of that province."""

    code: str
    name: str
    province: str
    value: str
    status: StatusKind
    shape: str
    status_text: str
    units: str


@dataclass(frozen=True, slots=True)
class Strip:
    """All that the strip says; `more` counts the regencies beyond those named."""

    heading: str
    rows: list[Row]
    more: int


def strip(frame: Frame) -> Strip | None:
    """Return the strip; None where half of the regencies take part, and for a regency and below."""
    participation = frame.situation.participation
    if participation is None or not participation.few:
        return None
    provinces: dict[str | None, str] = {child.code: child.name for child in frame.situation.children}
    rows = [
        _row(frame, regency, provinces.get(parent_of(regency.code), "")) for regency in frame.situation.participants
    ]
    return Strip(
        heading=_heading(frame, participation),
        rows=rows,
        more=participation.regencies_taking_part - len(rows),
    )


def _heading(frame: Frame, participation: Participation) -> str:
    """Return the heading: with how many take part only where the page's own heading counts provinces, not regencies."""
    words = frame.words
    if level_of(frame.situation.area.code) != "nation":
        return words("participants.heading")
    return words(
        "participants.counted",
        taking_part=words.number(participation.regencies_taking_part),
        regencies=words.number(participation.regencies),
    )


def _row(frame: Frame, regency: ParticipatingRegency, province: str) -> Row:
    numbers = chosen(regency.indicators, frame.indicator.code)
    status = status_of(numbers, frame.indicator, representative=True) if numbers else "not_reported"
    return Row(
        code=regency.code,
        name=regency.name,
        province=province,
        value=frame.value_text(numbers) if numbers else frame.words("status.not_reported"),
        status=status,
        shape=SHAPES[status],
        status_text=frame.words(f"status.{status}"),
        units=units_text(frame.words, regency.units),
    )
