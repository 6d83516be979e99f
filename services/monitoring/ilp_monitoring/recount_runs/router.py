"""`GET /v1/recounts/latest`: whether the numbers agree with the event archives."""

from fastapi import APIRouter

from ilp_monitoring.deps import Snapshot
from ilp_monitoring.recount_runs.repository import latest_recount
from ilp_monitoring.recount_runs.schemas import Recount
from ilp_shared.http.openapi import problem_responses
from ilp_shared.problems import NotFound
from ilp_shared.text import Text

router = APIRouter(tags=["hitung ulang"])
_NEVER = Text("Belum pernah dihitung ulang: jalankan `make recount`.", "Never recounted yet: run `make recount`.")


@router.get("/v1/recounts/latest", summary="Hitung ulang terakhir", responses=problem_responses(404))
async def read_latest(snapshot: Snapshot) -> Recount:
    """Tampilkan hasil hitung ulang terakhir dari arsip peristiwa.

    Show the result of the last recount from the event archives.
    """
    recount = await latest_recount(snapshot.session)
    if recount is None:
        raise NotFound(_NEVER)
    return recount
