"""Whether a process can use its database: it answers, and its schema is what this release needs, or newer.

Migrations only add, so a release works on the schema of the next one; it does not work on that of the one before.
"""

from typing import Final

import asyncpg

from ilp_shared.db.connection import Connection
from ilp_shared.db.migrate import revisions_of
from ilp_shared.text import Text

_ANSWER_S: Final = 2.0
_ANSWERS: Final = "SELECT 1"
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


class Readiness:
    """The database as one process sees it. The revision is asked for until it is right, and then no more."""

    def __init__(self, pool: asyncpg.Pool, package: str) -> None:
        self._pool = pool
        self._newest, *self._older = revisions_of(package)
        self._fits = False

    async def hindrance(self) -> Text | None:
        """Return why the database cannot be used now; None if it can."""
        try:
            async with self._pool.acquire(timeout=_ANSWER_S) as conn:
                if self._fits:
                    await conn.fetchval(_ANSWERS, timeout=_ANSWER_S)
                    return None
                return await self._judge(conn)
        except Exception:
            return _UNUSABLE

    async def _judge(self, conn: Connection) -> Text | None:
        """Return why the schema is none for this release. A revision that it does not know is that of a later one."""
        try:
            revision: str | None = await conn.fetchval(_REVISION, timeout=_ANSWER_S)
        except (asyncpg.UndefinedTableError, asyncpg.InsufficientPrivilegeError):
            revision = None
        if revision is None:
            return _NONE.format(needed=self._newest)
        if revision in self._older:
            return _OLD.format(revision=revision, needed=self._newest)
        self._fits = True
        return None
