"""Numbers as files: for programs, and for spreadsheets."""

from collections.abc import Iterable, Sequence

from fastapi import Response

from ilp_monitoring.situations.areas import AreaHead, Units
from ilp_monitoring.situations.schemas import ChildArea, IndicatorNumbers, Situation
from ilp_shared.tables.writing import TableFormat, write_table

SITUATION_HEADER = (
    "area_code", "area_name", "level", "period", "indicator", "definition_version", "unit", "numerator", "denominator",
    "denominator_kind", "value", "state", "posyandu_reported", "posyandu_expected", "as_of", "sequence",
    "posyandu_registered",
)  # fmt: skip


def csv_response(
    name: str, header: Sequence[str], rows: Iterable[Sequence[object]], form: TableFormat = "csv"
) -> Response:
    """Return rows as a file for download; an empty field means "not known".

    A last column `definition` repeats `definition_version` as `v2026.1`, which no program reads as a number.
    """
    at = header.index("definition_version")
    content = write_table((*header, "definition"), ((*row, f"v{row[at]}") for row in rows), form)
    disposition = f'attachment; filename="{name}.csv"'
    return Response(content, media_type="text/csv", headers={"Content-Disposition": disposition})


def situation_rows(situation: Situation) -> Iterable[Sequence[object]]:
    """Yield one row per area (the area itself first, then those below it) and indicator."""
    for numbers in situation.indicators:
        yield _row(situation, situation.area, situation.units, numbers)
    for child in situation.children:
        for numbers in child.indicators:
            yield _row(situation, child, child.units, numbers)


def _row(situation: Situation, area: AreaHead | ChildArea, units: Units, numbers: IndicatorNumbers) -> Sequence[object]:
    return (
        area.code,
        area.name,
        area.level,
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
    )
