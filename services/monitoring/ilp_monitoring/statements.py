"""Runs hand-written SELECTs on the connection of a read snapshot; names the sources on which `checked_at` depends."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Executable
from sqlmodel.ext.asyncio.session import AsyncSession

from ilp_monitoring.service import SERVICE
from ilp_shared.bus.contract.catalog import PARTITIONS

SOURCES: Final = list(SERVICE.sources)
SOURCE_PARTITIONS: Final = PARTITIONS * len(SOURCES)
"""The fewest that there are; `checked_at` is known once each that there is was applied through some instant."""


async def fetch(
    session: AsyncSession, statement: Executable, values: Mapping[str, object] | None = None
) -> Sequence[Any]:
    """Return all rows (tuples with names); their types are those of the statement's columns."""
    connection = await session.connection()
    return (await connection.execute(statement, values or {})).all()


async def fetch_one(session: AsyncSession, statement: Executable, values: Mapping[str, object] | None = None) -> Any:
    """Return the first row of a statement that always has one; raises LookupError otherwise."""
    rows = await fetch(session, statement, values)
    if not rows:
        raise LookupError("a row that every database of this service has is missing")
    return rows[0]
