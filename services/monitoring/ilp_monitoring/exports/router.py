"""`GET /v1/cells`: stored numbers of a whole subtree, in pages, as JSON or CSV."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Query, Request, Response

from ilp_monitoring.deps import Snapshot
from ilp_monitoring.exports.schemas import CellQuery, ExportedCell
from ilp_monitoring.exports.service import export_cells, names_of_areas
from ilp_monitoring.exports.table import HEADER, table_rows
from ilp_monitoring.situations.csv import csv_response
from ilp_shared.http.guard import require_area
from ilp_shared.http.openapi import problem_responses
from ilp_shared.http.paging import Page, next_link

router = APIRouter(tags=["ekspor"])
_NEXT_PAGE: Final[dict[str, Any]] = {
    "Link": {
        "description": 'Halaman CSV berikutnya, alamat relatif dengan rel="next"; tidak ada di halaman terakhir.'
        ' Next page of the CSV, a relative address with rel="next"; absent on the last page.',
        "schema": {"type": "string"},
    },
    "X-Next-Cursor": {
        "description": "Nilai `cursor` halaman CSV berikutnya. Value of `cursor` for the next page of the CSV.",
        "schema": {"type": "string"},
    },
}


@router.get(
    "/v1/cells",
    summary="Ekspor angka",
    response_model=Page[ExportedCell],
    responses={**problem_responses(404), 200: {"content": {"text/csv": {}}, "headers": _NEXT_PAGE}},
)
async def read_cells(
    request: Request,
    snapshot: Snapshot,
    query: Annotated[CellQuery, Query()],
    accept: Annotated[str, Header(include_in_schema=False)] = "",
) -> Page[ExportedCell] | Response:
    """Ambil angka tersimpan satu wilayah beserta semua bawahannya, per halaman (JSON, atau berkas CSV).

    Get the stored numbers of an area and its whole subtree, in pages: JSON, or CSV by `Accept: text/csv` or `format`.
    A CSV names its next page in the header `Link`; with `rows=cell` each number has one row.
    """
    require_area(snapshot.principal, query.area)
    page = await export_cells(snapshot.session, query)
    if query.format is None and not accept.startswith("text/csv"):
        return page
    names = await names_of_areas(snapshot.session, page.items)
    answer = csv_response(f"sel-{query.area}", HEADER, table_rows(page.items, names, query.rows), query.format or "csv")
    if page.next is not None:
        answer.headers["X-Next-Cursor"] = page.next
        answer.headers["Link"] = next_link(request.query_params, page.next)
    return answer
