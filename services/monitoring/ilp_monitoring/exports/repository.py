"""SQL of the cell export: keyset pages in (area, month, indicator) order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from ilp_monitoring.reading import fetch, fetch_one

_FILTER = """
(numerator <> 0 OR denominator <> 0)
AND (:area = 'id' OR area_code = :area OR starts_with(area_code, :area || '.'))
AND (CAST(:indicator AS text) IS NULL OR indicator = :indicator)
AND (CAST(:period AS text) IS NULL OR period = :period)
"""
_PAGE = text(f"""
SELECT area_code, period, indicator, numerator, denominator FROM cell
WHERE {_FILTER}
  AND (area_code, period, indicator) > (CAST(:a AS text), CAST(:p AS text), CAST(:i AS text))
ORDER BY area_code, period, indicator LIMIT :limit
""")
_COUNT = text(f"SELECT count(*) FROM cell WHERE {_FILTER}")


class StoredCell(NamedTuple):
    """A row of `cell`."""

    area_code: str
    period: str
    indicator: str
    numerator: int
    denominator: int


@dataclass(frozen=True)
class CellFilter:
    """Which cells: a subtree, and optionally one indicator and one month."""

    area: str
    indicator: str | None
    period: str | None


async def page_of_cells(
    session: AsyncSession, wanted: CellFilter, after: Sequence[str] | None, limit: int
) -> list[StoredCell]:
    """Return up to `limit` cells after a sort key."""
    area, period, indicator = after or ("", "", "")
    values = {**wanted.__dict__, "a": area, "p": period, "i": indicator, "limit": limit}
    return [StoredCell(*row) for row in await fetch(session, _PAGE, values)]


async def count_cells(session: AsyncSession, wanted: CellFilter) -> int:
    """Return how many cells there are."""
    return int((await fetch_one(session, _COUNT, wanted.__dict__))[0])
