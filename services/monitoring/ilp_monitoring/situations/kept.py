"""Situations kept as JSON for as long as no number changes, so that one process can serve a thousand readers a second.

No answer is older than its request. Each request first learns the version of all numbers, by a query that began after
the request arrived (one query for all requests that wait), and a kept situation is served for that version only.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from weakref import WeakValueDictionary

from pydantic import TypeAdapter

from ilp_monitoring.situations import repository
from ilp_monitoring.situations.repository import NumbersVersion
from ilp_monitoring.situations.schemas import Situation, SituationKey
from ilp_monitoring.situations.service import read_situation
from ilp_shared.db.database import Database
from ilp_shared.db.scope import EVERYWHERE
from ilp_shared.write.uow import open_read

_ACQUIRE_S: Final = 5.0
_MOST: Final = 16 * 1024 * 1024
"""Bytes of JSON kept by one process."""
_CHECKED: Final = TypeAdapter(datetime | None)


@dataclass(frozen=True)
class _Entry:
    """A situation as JSON without `checked_at`, which moves each second while no number changes."""

    version: str
    json: bytes

    @classmethod
    def of(cls, situation: Situation, version: str) -> "_Entry":
        return cls(version, situation.model_dump_json(exclude={"checked_at"}).encode())

    def at(self, checked_at: datetime | None) -> bytes:
        """Return the whole: `checked_at` goes in before the first of the other fields, behind the opening brace."""
        return b'{"checked_at":' + _CHECKED.dump_json(checked_at) + b"," + self.json[1:]


class KeptSituations:
    """The kept situations of one process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._entries: dict[SituationKey, _Entry] = {}
        self._size = 0
        self._renewing: WeakValueDictionary[SituationKey, asyncio.Lock] = WeakValueDictionary()
        self._querying = asyncio.Lock()
        self._next: asyncio.Task[NumbersVersion] | None = None

    async def read(self, key: SituationKey) -> bytes:
        """Return a situation as JSON, as of now or later; raises what `read_situation` raises."""
        now = await self._version()
        entry = self._entries.get(key)
        if entry is None or entry.version != now.version:
            async with self._renewing.setdefault(key, asyncio.Lock()):
                entry = self._entries.get(key)
                if entry is None or entry.version != now.version:
                    entry = await self._renew(key, now)
        return entry.at(now.checked_at)

    async def _version(self) -> NumbersVersion:
        """Wait for the next version query, so that the version is at least as new as this request."""
        if self._next is None:
            self._next = asyncio.create_task(self._query())
        return await asyncio.shield(self._next)

    async def _query(self) -> NumbersVersion:
        async with self._querying:
            self._next = None
            async with self._database.pool.acquire(timeout=_ACQUIRE_S) as conn:
                return await repository.numbers_version(conn)

    async def _renew(self, key: SituationKey, now: NumbersVersion) -> _Entry:
        """Read again. The snapshot is at least as new as `now`; if it is newer, the next request reads once more."""
        async with open_read(self._database, EVERYWHERE) as session:
            situation = await read_situation(session, key)
        entry = _Entry.of(situation, now.version)
        self._forget(key)
        self._entries[key] = entry
        self._size += len(entry.json)
        while self._size > _MOST:
            self._forget(next(iter(self._entries)))
        return entry

    def _forget(self, key: SituationKey) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._size -= len(entry.json)
