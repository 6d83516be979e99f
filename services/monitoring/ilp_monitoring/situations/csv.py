"""Numbers as files: for programs, and for spreadsheets."""

from collections.abc import Iterable, Sequence

from fastapi import Response

from ilp_monitoring.situations.schemas import IndicatorNumbers, Situation
from ilp_shared.tables.writing import TableFormat, write_table

SITUATION_HEADER = (
    "area_code", "area_name", "level", "period", "indicator", "definition_version", "unit", "numerator", "denominator",
    "denominator_kind", "value", "state", "posyandu_reported", "posyandu_expected", "as_of", "sequence",
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
    head = situation.area
    for numbers in situation.indicators:
        yield _row(situation, head.code, head.name, head.level, numbers)
    for child in situation.children:
        for numbers in child.indicators:
            yield _row(situation, child.code, child.name, child.level, numbers)


def _row(situation: Situation, code: str, name: str, level: str, numbers: IndicatorNumbers) -> Sequence[object]:
    return (
        code,
        name,
        level,
        situation.period,
        numbers.code,
        numbers.version,
        numbers.unit,
        numbers.numerator if numbers.state != "not_reported" else None,
        numbers.denominator,
        numbers.denominator_kind,
        numbers.value,
        numbers.state,
        numbers.completeness.reported,
        numbers.completeness.expected,
        situation.as_of.isoformat() if situation.as_of else None,
        situation.sequence,
    )
