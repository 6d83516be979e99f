"""Joins pages of cells with their denominators and completeness. Called by the export routes."""

from collections.abc import Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from ilp_monitoring.exports.repository import CellFilter, StoredCell, count_cells, page_of_cells
from ilp_monitoring.exports.schemas import ExportedCell
from ilp_monitoring.indicators.loader import definitions
from ilp_monitoring.situations.numbers import Numbers, read_numbers
from ilp_shared.http.paging import Page, decode_cursor, encode_cursor


async def export_cells(
    session: AsyncSession, wanted: CellFilter, *, cursor: str | None, limit: int, exact: bool
) -> Page[ExportedCell]:
    """Return one page of cells; raises InvalidInput for a foreign cursor."""
    rows = await page_of_cells(session, wanted, decode_cursor(cursor, 3), limit + 1)
    shown = rows[:limit]
    return Page[ExportedCell](
        items=await _with_denominators(session, shown),
        next=encode_cursor(*shown[-1][:3]) if len(rows) > limit else None,
        total=await count_cells(session, wanted) if exact else None,
    )


async def _with_denominators(session: AsyncSession, rows: Sequence[StoredCell]) -> list[ExportedCell]:
    numbers: dict[str, Numbers] = {}
    for period in {row.period for row in rows}:
        codes = sorted({row.area_code for row in rows if row.period == period})
        numbers[period] = await read_numbers(session, codes, period)
    return [cell for row in rows if (cell := _exported(row, numbers[row.period])) is not None]


def _exported(row: StoredCell, numbers: Numbers) -> ExportedCell | None:
    indicator = definitions().indicator(row.indicator)
    if indicator is None:
        return None
    judged = numbers.one(row.area_code, indicator, "projected")
    return ExportedCell(
        area_code=row.area_code,
        period=row.period,
        indicator=row.indicator,
        version=indicator.version,
        numerator=row.numerator,
        denominators=judged.denominators,
        reported=judged.completeness.reported,
        expected=judged.completeness.expected,
    )
