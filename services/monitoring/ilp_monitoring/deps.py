"""What read routes depend on: who asks, one snapshot, the parameters they share."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Path, Query, Request
from sqlmodel.ext.asyncio.session import AsyncSession

from ilp_monitoring.rules.months import month_of
from ilp_monitoring.situations.schemas import BelowChoice, DenominatorChoice
from ilp_shared.areas import zone_of
from ilp_shared.http.guard import require
from ilp_shared.auth.permissions import Permission
from ilp_shared.auth.principal import Principal
from ilp_shared.clock import Clock
from ilp_shared.write.uow import open_read
from ilp_shared.http.resources import resources_of

AREA_PATTERN = re.compile(r"^(id|\d{2}(\.\d{2}(\.\d{2}(\.\d{4})?)?)?)$")
"""Nation to village: numbers are kept no deeper."""
PERIOD_PATTERN = r"^[12]\d{3}-(0[1-9]|1[0-2])$"

Reader = Annotated[Principal, Depends(require(Permission.SITUATION_READ))]
AreaPath = Annotated[str, Path(pattern=AREA_PATTERN.pattern, description="Kode wilayah / area code, e.g. 13.76")]
Period = Annotated[str | None, Query(pattern=PERIOD_PATTERN, description="Bulan / month, YYYY-MM")]
Denominator = Annotated[DenominatorChoice, Query(description="Penyebut: proyeksi atau riil / projected or real")]
Below = Annotated[
    BelowChoice,
    Query(description="Wilayah di bawahnya: satu tingkat, atau semua desa / areas below: one level, or all villages"),
]


@dataclass(frozen=True)
class ReadSnapshot:
    """A read-only transaction in which every statement sees the same state."""

    session: AsyncSession
    principal: Principal


async def open_snapshot(request: Request, principal: Reader) -> AsyncIterator[ReadSnapshot]:
    """Open the snapshot of one request."""
    async with open_read(resources_of(request).database, principal.areas) as session:
        yield ReadSnapshot(session, principal)


Snapshot = Annotated[ReadSnapshot, Depends(open_snapshot, scope="function")]


def current_period(clock: Clock, area: str) -> str:
    """Return the month it is now in an area's own time zone."""
    return month_of(clock.now().astimezone(zone_of(area)).date())
