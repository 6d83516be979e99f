"""Tables for spreadsheets (UTF-8, comma, header)."""

import csv
import io
from collections.abc import Iterable, Sequence

from fastapi import Response

from ilp_monitoring.situations.schemas import IndicatorNumbers, Situation

SITUATION_HEADER = (
    "area_code", "area_name", "level", "period", "indicator", "definition_version", "unit", "numerator", "denominator",
    "denominator_kind", "value", "state", "posyandu_reported", "posyandu_expected", "as_of", "sequence",
)  # fmt: skip


def csv_response(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """Return rows as a file for download; an empty field means "not known"."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    disposition = f'attachment; filename="{name}.csv"'
    return Response(buffer.getvalue(), media_type="text/csv", headers={"Content-Disposition": disposition})


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
