"""Joins pages of cells with their denominators and completeness."""

from collections.abc import Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from ilp_monitoring.exports.repository import cells_above_regencies, count_cells, page_of_cells
from ilp_monitoring.exports.schemas import CellQuery, ExportedCell
from ilp_monitoring.indicators.loader import definitions
from ilp_monitoring.projections.models import CellRow
from ilp_monitoring.situations.numbers import Numbers, read_numbers
from ilp_monitoring.situations.repository import areas_by_code
from ilp_monitoring.situations.schemas import FollowUpCounts
from ilp_shared.http.paging import Page, page_of


async def export_cells(session: AsyncSession, query: CellQuery) -> Page[ExportedCell]:
    """Return one page of cells; raises InvalidInput for a cursor that no page of this list has given."""
    rows, cursor = page_of(
        await page_of_cells(session, query), query.limit, lambda row: (row.area_code, row.period, row.indicator)
    )
    return Page[ExportedCell](
        items=await _with_denominators(session, rows),
        next=cursor,
        total=await count_cells(session, query) if query.count == "exact" else None,
    )


async def names_of_areas(session: AsyncSession, cells: Sequence[ExportedCell]) -> dict[str, str]:
    """Return the official names of the cells' areas, by code."""
    areas = await areas_by_code(session, sorted({cell.area_code for cell in cells}))
    return {code: area.name for code, area in areas.items()}


async def export_above_regencies(session: AsyncSession) -> list[ExportedCell]:
    """Return the cells of the nation and of provinces, as the pages of the nation hold them among all others."""
    return await _with_denominators(session, await cells_above_regencies(session))


async def _with_denominators(session: AsyncSession, rows: Sequence[CellRow]) -> list[ExportedCell]:
    numbers: dict[str, Numbers] = {}
    for period in {row.period for row in rows}:
        codes = sorted({row.area_code for row in rows if row.period == period})
        numbers[period] = await read_numbers(session, codes, period)
    return [cell for row in rows if (cell := _exported(row, numbers[row.period])) is not None]


def _exported(row: CellRow, numbers: Numbers) -> ExportedCell | None:
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
        registered=numbers.units(row.area_code).registered,
        year=judged.year.numerator if judged.year else None,
        follow_ups=FollowUpCounts.model_validate(judged.follow_ups) if judged.follow_ups else None,
    )
