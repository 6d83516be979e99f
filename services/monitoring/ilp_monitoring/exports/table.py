"""The spreadsheet form of the export: a row for each denominator, or one for each number with its denominators beside.

Columns are only ever added, at the end.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from ilp_monitoring.exports.schemas import CellRows, ExportedCell
from ilp_monitoring.indicators.loader import definitions
from ilp_monitoring.rules.judgement import state_of
from ilp_monitoring.rules.vocabulary import DenominatorKind, State
from ilp_monitoring.situations.csv import definition_of

HEADER: Final = (
    "area_code", "period", "indicator", "definition_version", "numerator", "denominator_kind", "denominator",
    "posyandu_reported", "posyandu_expected", "posyandu_registered", "definition",
    "year_numerator", "tasks_opened", "tasks_returned", "tasks_waiting", "tasks_overdue",
    "area_name", "indicator_name", "unit", "state", "denominator_real", "denominator_projected",
)  # fmt: skip
"""`state` is that of the number by the denominator of its row."""


def table_rows(cells: Iterable[ExportedCell], names: Mapping[str, str], rows: CellRows) -> Iterable[tuple[object, ...]]:
    """Yield the rows of cells; `names` are those of areas by code.

    One row for a number divides by the registered people where it divides by a sasaran, as a situation does.
    """
    for cell in cells:
        kinds = list(cell.denominators)
        if rows == "cell" and "real" in kinds:
            kinds = ["real"]
        yield from (_row(cell, kind, names.get(cell.area_code)) for kind in kinds)


def _row(cell: ExportedCell, kind: DenominatorKind, area_name: str | None) -> tuple[object, ...]:
    tasks, indicator = cell.follow_ups, definitions().indicator(cell.indicator)
    return (
        cell.area_code,
        cell.period,
        cell.indicator,
        cell.version,
        cell.numerator,
        kind,
        cell.denominators[kind],
        cell.reported,
        cell.expected,
        cell.registered,
        definition_of(cell.version),
        cell.year,
        *((tasks.opened, tasks.returned, tasks.waiting, tasks.overdue) if tasks else (None,) * 4),
        area_name,
        indicator.name.id if indicator else None,
        indicator.unit if indicator else None,
        _state(cell, kind),
        cell.denominators.get("real"),
        cell.denominators.get("projected"),
    )


def _state(cell: ExportedCell, kind: DenominatorKind) -> State:
    size = cell.denominators[kind]
    counted = 0 if kind in ("real", "projected") else size or 0
    units = {"registered": cell.registered, "opened": cell.expected, "reported": cell.reported}
    return state_of(cell.numerator, size, counted=counted, **units)
