"""Villages in place of districts on a regency's page, where outlines of its villages are packaged."""

from collections.abc import Sequence

from sqlalchemy import Row
from sqlmodel.ext.asyncio.session import AsyncSession

from ilp_monitoring.situations.numbers import read_numbers
from ilp_monitoring.situations.repository import children_of
from ilp_monitoring.situations.schemas import ChildArea, Situation
from ilp_monitoring.situations.service import child_codes
from ilp_monitoring.web.geo.maps import has_village_map


async def codes_below(session: AsyncSession, area: str) -> list[str]:
    """Return the codes of the areas a page shows below an area: villages where these are drawn, else one level down."""
    codes = [str(code) for code in await child_codes(session, area)]
    if not has_village_map(area):
        return codes
    return [str(row.code) for row in await _villages(session, codes)]


async def in_detail(session: AsyncSession, situation: Situation) -> Situation:
    """Return the situation with its villages as children if it is a regency drawn by village, else unchanged.

    `session` must be the snapshot the situation was read in.
    """
    if not has_village_map(situation.area.code):
        return situation
    villages = await _villages(session, [child.code for child in situation.children])
    numbers = await read_numbers(session, [row.code for row in villages], situation.period)
    children = [
        ChildArea(
            code=row.code,
            name=row.name,
            level=row.level,
            kind=row.kind,
            lat=row.lat,
            lng=row.lng,
            completeness=numbers.complete(row.code),
            indicators=numbers.of(row.code, situation.denominator),
        )
        for row in villages
    ]
    return situation.model_copy(update={"children": children})


async def _villages(session: AsyncSession, districts: Sequence[str]) -> list[Row[tuple[str, ...]]]:
    return [row for district in districts for row in await children_of(session, district)]
