"""Annotated dependencies of the routes: who may read or move tasks, and the command around a move."""

from typing import Annotated

from fastapi import Depends, Query

from ilp_shared.http.guard import require
from ilp_shared.auth.permissions import Permission
from ilp_shared.auth.principal import Principal
from ilp_shared.http.submissions import Command, command
from ilp_shared.http.resources import Resources, held_resources

AREA_PATTERN = r"^(id|\d{2}(\.\d{2}(\.\d{2}(\.\d{4}(\.[A-Za-z0-9-]{1,16})*)?)?)?)$"

Reader = Annotated[Principal, Depends(require(Permission.TASKS_READ))]
Mover = Annotated[Command, Depends(command(require(Permission.TASKS_WRITE)), scope="function")]
Parts = Annotated[Resources, Depends(held_resources)]
AreaFilter = Annotated[str | None, Query(pattern=AREA_PATTERN, description="Wilayah beserta semua di bawahnya.")]
