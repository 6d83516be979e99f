"""Annotated dependencies of the routers: who may do what, the packs in force, area codes of queries."""

from typing import Annotated

from fastapi import Depends, Query, Request

from ilp_screening.packs.contents import Packs
from ilp_shared.http.guard import require
from ilp_shared.auth.permissions import Permission
from ilp_shared.auth.principal import Principal
from ilp_shared.http.submissions import Command, command
from ilp_shared.http.paging import MAX_LIMIT
from ilp_shared.http.resources import Resources, held_resources, resources_of


async def _packs(request: Request) -> Packs:
    return resources_of(request).part(Packs)


PacksInForce = Annotated[Packs, Depends(_packs)]
OpenResources = Annotated[Resources, Depends(held_resources)]
Anybody = Annotated[Principal, Depends(require(Permission.PUBLIC))]
Recording = Annotated[Principal, Depends(require(Permission.SCREENINGS_WRITE))]
ReadingScreenings = Annotated[Principal, Depends(require(Permission.SCREENINGS_READ))]
ReadingOpenDays = Annotated[Principal, Depends(require(Permission.OPEN_DAYS_READ))]
Amending = Annotated[Command, Depends(command(require(Permission.SCREENINGS_WRITE)), scope="function")]
Scheduling = Annotated[Command, Depends(command(require(Permission.OPEN_DAYS_WRITE)), scope="function")]

AREA_PATTERN = r"^(id|\d{2}(\.\d{2}(\.\d{2}(\.\d{4}(\.[A-Za-z0-9-]{1,16})*)?)?)?)$"
AreaQuery = Annotated[str | None, Query(pattern=AREA_PATTERN, max_length=64)]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
