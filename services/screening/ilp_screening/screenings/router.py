"""GET /v1/screenings by person, facility, open day or id, and the history of one."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query

from ilp_screening.deps import Limit, OpenResources, ReadingScreenings
from ilp_screening.refusals import invalid
from ilp_screening.screenings import reading
from ilp_screening.screenings.repository import Wanted
from ilp_screening.screenings.schemas import ScreeningAnswer, VersionAnswer
from ilp_shared.http.paging import Page
from ilp_shared.http.refusals import problem_responses
from ilp_shared.text import Text

router = APIRouter(prefix="/v1/screenings", tags=["skrining"])
_NO_FILTER = Text("Sebutkan person, facility, atau open_day.", "Name a person, facility or open_day.")


@router.get("", summary="Daftar skrining", responses=problem_responses())
async def screenings(
    principal: ReadingScreenings,
    resources: OpenResources,
    person: UUID | None = None,
    facility: UUID | None = None,
    open_day: UUID | None = None,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
    limit: Limit = 100,
    count: Literal["exact"] | None = None,
) -> Page[ScreeningAnswer]:
    """Daftar skrining menurut orang, fasilitas, atau hari buka; terbaru lebih dulu. Pembacaan dicatat.

    List screenings by person, facility or open day, newest first. Reads are audited.
    """
    if person is None and facility is None and open_day is None:
        raise invalid("/query/person", "missing", _NO_FILTER)
    wanted = Wanted(principal.areas, person, facility, open_day)
    return await reading.page(resources, principal, wanted, cursor=cursor, limit=limit, exact=count == "exact")


@router.get("/{screening_id}", summary="Satu skrining", responses=problem_responses(404))
async def screening(principal: ReadingScreenings, resources: OpenResources, screening_id: UUID) -> ScreeningAnswer:
    """Keadaan terkini satu skrining. Pembacaan dicatat.

    Return the current state of one screening. The read is audited.
    """
    return await reading.one(resources, principal, screening_id)


@router.get("/{screening_id}/versions", summary="Riwayat satu skrining", responses=problem_responses(404))
async def history(principal: ReadingScreenings, resources: OpenResources, screening_id: UUID) -> list[VersionAnswer]:
    """Semua versi satu skrining, dari yang pertama, dengan alasan perubahannya. Pembacaan dicatat.

    Return every version of one screening with the reasons of its changes. The read is audited.
    """
    return await reading.versions(resources, principal, screening_id)
