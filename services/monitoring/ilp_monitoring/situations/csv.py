"""Numbers as files: for programs, and for spreadsheets."""

from collections.abc import Iterable, Sequence

from fastapi import Response

from ilp_monitoring.situations.areas import AreaHead, Persons, Units
from ilp_monitoring.situations.schemas import (
    ChildArea,
    FollowUpNumbers,
    IndicatorNumbers,
    ParticipatingRegency,
    Situation,
    YearNumbers,
)
from ilp_shared.areas import level_of
from ilp_shared.tables.writing import TableFormat, write_table

SITUATION_HEADER = (
    "area_code", "area_name", "level", "period", "indicator", "definition_version", "unit", "numerator", "denominator",
    "denominator_kind", "value", "state", "posyandu_reported", "posyandu_expected", "as_of", "sequence",
    "posyandu_registered", "definition",
    "denominator_real", "denominator_projected", "persons_registered", "persons_projected",
    "year_numerator", "year_value", "year_state", "year_target",
    "tasks_opened", "tasks_returned", "tasks_waiting", "tasks_overdue", "overdue_value", "overdue_state",
)  # fmt: skip
"""One table of what the page shows: `year_…` of yearly indicators, `tasks_…` and `overdue_…` of follow-ups."""


def csv_response(
    name: str, header: Sequence[str], rows: Iterable[Sequence[object]], form: TableFormat = "csv"
) -> Response:
    """Return rows as a file for download; an empty field means "not known"."""
    disposition = f'attachment; filename="{name}.csv"'
    content = write_table(header, rows, form)
    return Response(content, media_type="text/csv", headers={"Content-Disposition": disposition})


def definition_of(version: str) -> str:
    """Return a version of a definition in a form that no program reads as a number, e.g. `v2026.1`."""
    return f"v{version}"


def situation_rows(situation: Situation) -> Iterable[Sequence[object]]:
    """Yield one row per area and indicator: the area itself, those below it, then regencies taking part farther below.

    Of the last the situation does not know the persons.
    """
    for numbers in situation.indicators:
        yield _row(situation, situation.area, situation.units, situation.persons, numbers)
    for child in situation.children:
        for numbers in child.indicators:
            yield _row(situation, child, child.units, child.persons, numbers)
    below = {child.code for child in situation.children}
    for regency in situation.participants:
        if regency.code not in below:
            for numbers in regency.indicators:
                yield _row(situation, regency, regency.units, None, numbers)


def _row(
    situation: Situation,
    area: AreaHead | ChildArea | ParticipatingRegency,
    units: Units,
    persons: Persons | None,
    numbers: IndicatorNumbers,
) -> Sequence[object]:
    return (
        area.code,
        area.name,
        level_of(area.code),
        situation.period,
        numbers.code,
        numbers.version,
        numbers.unit,
        numbers.numerator if numbers.state != "not_reported" else None,
        numbers.denominator,
        numbers.denominator_kind,
        numbers.value,
        numbers.state,
        units.reported,
        units.opened,
        situation.as_of.isoformat() if situation.as_of else None,
        situation.sequence,
        units.registered,
        definition_of(numbers.version),
        numbers.denominators.get("real"),
        numbers.denominators.get("projected"),
        persons.registered if persons else None,
        persons.projected if persons else None,
        *_year(numbers.year),
        *_tasks(numbers.follow_ups),
    )


def _year(year: YearNumbers | None) -> Sequence[object]:
    """Return the coverage of the year, empty for an indicator without one."""
    if year is None:
        return (None,) * 4
    return year.numerator if year.state != "not_reported" else None, year.value, year.state, year.target


def _tasks(tasks: FollowUpNumbers | None) -> Sequence[object]:
    """Return the tasks opened by the end of the month, empty for an indicator that counts persons."""
    if tasks is None:
        return (None,) * 6
    return tasks.opened, tasks.returned, tasks.waiting, tasks.overdue, tasks.value, tasks.state
