"""Everything that readers are given, as lines of JSON: what the recount compares with its own.

`python -m ilp_monitoring.exports.shown` prints the answers of the functions behind `/v1/situations`, `/v1/cells`, the
stream and the page, in the snapshot of another transaction. Needs ILP_SHOWN_URL and ILP_SHOWN_SNAPSHOT
(`pg_export_snapshot`). ILP_SHOWN_PARTS are the parts to print, with commas: regencies, and `id` for the nation and the
provinces; empty prints all.
"""

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import groupby
from typing import Any, Final, get_args

from pydantic import SecretStr
from sqlalchemy import NullPool, text
from sqlmodel.ext.asyncio.session import AsyncSession

from ilp_monitoring.exports.repository import all_periods, areas_with_numbers
from ilp_monitoring.exports.schemas import CellQuery
from ilp_monitoring.exports.service import export_above_regencies, export_cells
from ilp_monitoring.rules.vocabulary import BelowChoice, DenominatorChoice
from ilp_monitoring.situations.schemas import SituationKey
from ilp_monitoring.situations.service import read_situations
from ilp_shared.areas import NATION, level_of
from ilp_shared.db.address import make_engine

Row = dict[str, Any]
CHOICES: Final[Sequence[DenominatorChoice]] = get_args(DenominatorChoice)
_AREAS_AT_ONCE: Final = 50
_SNAPSHOT: Final = re.compile(r"[0-9A-Fa-f-]{1,64}")


async def shown_numbers(url: str, snapshot: str, parts: Sequence[str] | None = None) -> AsyncIterator[Row]:
    """Yield every situation that has numbers, then every cell: all, or those of parts.

    A situation is that of one month, one denominator and one choice of areas below: children, or a regency's villages.
    Raises ValueError for no snapshot's name, and for a part that is no area.
    """
    async with _open(url, snapshot) as session:
        areas = await areas_with_numbers(session, parts)
        for period in await all_periods(session):
            for codes, below in _groups(areas):
                keys = [SituationKey(code, period, choice, below) for code in codes for choice in CHOICES]
                for situation in await read_situations(session, keys):
                    yield {"list": "situations", **situation.model_dump(mode="json")}
        if parts is not None and NATION in parts:
            for cell in await export_above_regencies(session):
                yield {"list": "cells", **cell.model_dump(mode="json")}
        for area in [NATION] if parts is None else [part for part in parts if part != NATION]:
            async for row in _cells(session, area):
                yield row


def _groups(areas: Sequence[str]) -> Iterator[tuple[Sequence[str], BelowChoice]]:
    """Yield areas of one level that are read together, with the areas below that are listed."""
    for level, group in groupby(sorted(areas, key=lambda area: (level_of(area), area)), level_of):
        codes = list(group)
        for first in range(0, len(codes), _AREAS_AT_ONCE):
            part = codes[first : first + _AREAS_AT_ONCE]
            yield part, "children"
            if level == "regency":
                yield from (([code], "village") for code in part)


@asynccontextmanager
async def _open(url: str, snapshot: str) -> AsyncIterator[AsyncSession]:
    if not _SNAPSHOT.fullmatch(snapshot):
        raise ValueError("not the name of a snapshot")
    server = {"search_path": "monitoring", "timezone": "UTC"}
    engine = make_engine(SecretStr(url), connection={"server_settings": server}, poolclass=NullPool)
    try:
        async with AsyncSession(engine) as session:
            connection = await session.connection()
            await connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
            await connection.execute(text(f"SET TRANSACTION SNAPSHOT '{snapshot}'"))
            yield session
    finally:
        await engine.dispose()


async def _cells(session: AsyncSession, area: str) -> AsyncIterator[Row]:
    """Yield every row of `/v1/cells` of an area, page by page."""
    cursor: str | None = None
    while True:
        page = await export_cells(session, CellQuery(area=area, cursor=cursor))
        for cell in page.items:
            yield {"list": "cells", **cell.model_dump(mode="json")}
        cursor = page.next
        if cursor is None:
            return


async def _print() -> None:
    parts = os.environ.get("ILP_SHOWN_PARTS", "")
    rows = shown_numbers(
        os.environ["ILP_SHOWN_URL"], os.environ["ILP_SHOWN_SNAPSHOT"], parts.split(",") if parts else None
    )
    async for row in rows:
        sys.stdout.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    asyncio.run(_print())
