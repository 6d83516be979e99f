"""Whether a process can use its database: it answers, and its schema is what this release needs, or newer.

Migrations only add, so a release works on the schema of the next one; it does not work on that of the one before.
A schema that has become right may hold data of other settings, e.g. of other keys: they are compared then.
"""

from collections.abc import AsyncIterator, Callable
from typing import Final

import asyncpg

from ilp_shared.db.connection import Connection
from ilp_shared.db.migrate import revisions_of
from ilp_shared.text import Text

_ANSWER_S: Final = 2.0
_REVISION: Final = "SELECT version_num FROM alembic_version"
_UNUSABLE: Final = Text("Basis data tidak dapat dipakai.", "The database cannot be used.")
_OLD: Final = Text(
    "skema: basis data di revisi {revision}, rilis ini perlu {needed}; jalankan migrate",
    "schema: the database is at revision {revision}, this release needs {needed}; run migrate",
)
_NONE: Final = Text(
    "skema: basis data belum punya tabel, rilis ini perlu revisi {needed}; jalankan migrate",
    "schema: the database has no tables yet, this release needs revision {needed}; run migrate",
)
_UNREADABLE: Final = Text(
    "skema: peran aplikasi tidak boleh membacanya, rilis ini perlu revisi {needed}; jalankan migrate",
    "schema: the application's role may not read it, this release needs revision {needed}; run migrate",
)
Misfits = Callable[[], AsyncIterator[Text]]
"""Yields what of the settings does not fit the stored data."""


class Readiness:
    """The database as one process sees it. `misfits` are asked for when the schema becomes right, until there are none.

    The revision is asked for each time: a database may be restored to an older one under a running process.
    """

    def __init__(self, pool: asyncpg.Pool, package: str, misfits: Misfits | None = None) -> None:
        self._pool, self._misfits = pool, misfits
        self._newest, *self._older = revisions_of(package)
        self._fits = False

    async def hindrance(self) -> Text | None:
        """Return why the database cannot be used now; None if it can."""
        try:
            async with self._pool.acquire(timeout=_ANSWER_S) as conn:
                hindrance = await self._judge(conn)
            if hindrance is None and not self._fits:
                hindrance = await self._compare()
        except Exception:
            return _UNUSABLE
        self._fits = hindrance is None
        return hindrance

    async def _judge(self, conn: Connection) -> Text | None:
        """Return why the schema is none for this release. A revision that it does not know is that of a later one."""
        try:
            revision: str | None = await conn.fetchval(_REVISION, timeout=_ANSWER_S)
        except asyncpg.InsufficientPrivilegeError:
            return _UNREADABLE.format(needed=self._newest)
        except asyncpg.UndefinedTableError:
            revision = None
        if revision is None:
            return _NONE.format(needed=self._newest)
        if revision in self._older:
            return _OLD.format(revision=revision, needed=self._newest)
        return None

    async def _compare(self) -> Text | None:
        faults = [fault async for fault in self._misfits()] if self._misfits is not None else []
        return Text("; ".join(each.id for each in faults), "; ".join(each.en for each in faults)) if faults else None
