"""Situations kept as JSON for as long as no number has changed: what a thousand readers a second can be served from.

Nothing old is ever shown: each request learns the state of the projection first, by a look that began after it came
(one look for all that wait), and a kept situation counts only in the very state it was read in. Made with the app,
called by the JSON route.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from weakref import WeakValueDictionary

from pydantic import TypeAdapter

from ilp_monitoring.situations import repository
from ilp_monitoring.situations.repository import State
from ilp_monitoring.situations.schemas import BelowChoice, DenominatorChoice
from ilp_monitoring.situations.service import read_situation
from ilp_shared.db.database import Database
from ilp_shared.db.scope import EVERYWHERE
from ilp_shared.write.uow import open_read

_ACQUIRE_S: Final = 5.0
_MOST: Final = 16 * 1024 * 1024
"""Bytes of JSON kept by one process."""
_UNKNOWN: Final = b'"checked_at":null'
_CHECKED: Final = TypeAdapter(datetime | None)


class Subject(NamedTuple):
    """What is asked for; who asks makes no difference, because these numbers are of no person."""

    area: str
    period: str
    denominator: DenominatorChoice
    below: BelowChoice


@dataclass(frozen=True)
class _Kept:
    """A situation as JSON, cut at the value of `checked_at`: that moves each second without any number."""

    version: str
    before: bytes
    after: bytes

    def at(self, checked_at: datetime | None) -> bytes:
        """Return the whole."""
        return self.before + b'"checked_at":' + _CHECKED.dump_json(checked_at) + self.after


class KeptSituations:
    """The kept situations of one process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: dict[Subject, _Kept] = {}
        self._size = 0
        self._renewing: WeakValueDictionary[Subject, asyncio.Lock] = WeakValueDictionary()
        self._looking = asyncio.Lock()
        self._next: asyncio.Task[State] | None = None

    async def read(self, subject: Subject) -> bytes:
        """Return a situation as JSON, as of now or later; raises what `read_situation` raises."""
        state = await self._state()
        kept = self._kept.get(subject)
        if kept is None or kept.version != state.version:
            async with self._renewing.setdefault(subject, asyncio.Lock()):
                kept = self._kept.get(subject)
                if kept is None or kept.version != state.version:
                    kept = await self._renew(subject, state)
        return kept.at(state.checked_at)

    async def _state(self) -> State:
        """Join the look that has not begun yet: what it sees is no older than the request."""
        if self._next is None:
            self._next = asyncio.create_task(self._look())
        return await asyncio.shield(self._next)

    async def _look(self) -> State:
        async with self._looking:
            self._next = None
            async with self._database.pool.acquire(timeout=_ACQUIRE_S) as conn:
                return await repository.state(conn)

    async def _renew(self, subject: Subject, state: State) -> _Kept:
        """Read anew. The snapshot is at least as new as `state`; if it is newer, the next request reads once more."""
        async with open_read(self._database, EVERYWHERE) as session:
            situation = await read_situation(
                session, subject.area, subject.period, denominator=subject.denominator, below=subject.below
            )
        json = situation.model_copy(update={"checked_at": None}).model_dump_json().encode()
        before, _, after = json.partition(_UNKNOWN)
        kept = _Kept(state.version, before, after)
        self._forget(subject)
        self._kept[subject] = kept
        self._size += len(json)
        while self._size > _MOST:
            self._forget(next(iter(self._kept)))
        return kept

    def _forget(self, subject: Subject) -> None:
        known = self._kept.pop(subject, None)
        if known is not None:
            self._size -= len(known.before) + len(_UNKNOWN) + len(known.after)
