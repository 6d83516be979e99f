"""`GET /v1/cells`: stored numbers of a whole subtree, in pages, as JSON or CSV."""

from collections.abc import Iterable
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query, Response

from ilp_monitoring.deps import AREA_PATTERN, Period, Snapshot
from ilp_monitoring.exports.repository import CellFilter
from ilp_monitoring.exports.schemas import ExportedCell
from ilp_monitoring.exports.service import export_cells
from ilp_monitoring.situations.csv import csv_response
from ilp_shared.http.guard import require_area
from ilp_shared.http.paging import MAX_LIMIT, Page
from ilp_shared.http.refusals import problem_responses

router = APIRouter(tags=["ekspor"])
_HEADER = (
    "area_code", "period", "indicator", "definition_version", "numerator", "denominator_kind", "denominator",
    "posyandu_reported", "posyandu_expected",
)  # fmt: skip


@router.get(
    "/v1/cells",
    summary="Ekspor angka",
    response_model=Page[ExportedCell],
    responses={**problem_responses(404), 200: {"content": {"text/csv": {}}}},
)
async def read_cells(
    snapshot: Snapshot,
    area: Annotated[str, Query(pattern=AREA_PATTERN.pattern)],
    indicator: Annotated[str | None, Query(pattern=r"^[A-Z0-9_]{1,32}$")] = None,
    period: Period = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = MAX_LIMIT,
    count: Literal["exact"] | None = None,
    accept: Annotated[str, Header(include_in_schema=False)] = "",
) -> Page[ExportedCell] | Response:
    """Ambil angka tersimpan satu wilayah beserta semua bawahannya, per halaman (JSON, atau CSV lewat Accept).

    Get the stored numbers of an area and its whole subtree, in pages (JSON, or CSV by Accept: text/csv).
    """
    require_area(snapshot.principal, area)
    wanted = CellFilter(area, indicator, period)
    page = await export_cells(snapshot.session, wanted, cursor=cursor, limit=limit, exact=count == "exact")
    if not accept.startswith("text/csv"):
        return page
    answer = csv_response(f"sel-{area}", _HEADER, _rows(page.items))
    if page.next is not None:
        answer.headers["X-Next-Cursor"] = page.next
    return answer


def _rows(cells: Iterable[ExportedCell]) -> Iterable[tuple[object, ...]]:
    for cell in cells:
        for kind, size in cell.denominators.items():
            key = (cell.area_code, cell.period, cell.indicator, cell.version)
            yield (*key, cell.numerator, kind, size, cell.reported, cell.expected)
