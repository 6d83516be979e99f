"""Contradictions: two records with different ids under one sequence of a shard.

Which of the two is genuine is decided by a replay: the relay sends what is in its archive, so what it sends after a
contradiction was noted is genuine. Where that is what was applied, the contradiction is closed. Else it stays open
until an operator forgets the source; when everything is read again, the refuted record is passed over.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

import asyncpg

from ilp_shared.bus.consume.positions import Shard
from ilp_shared.bus.contract.envelope import Event
from ilp_shared.db.connection import Connection
from ilp_shared.text import Text

_NOTE: Final = """
INSERT INTO contradiction (domain, shard, sequence, applied, genuine, noted_offset) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (domain, shard, sequence)
DO UPDATE SET applied = excluded.applied, genuine = excluded.genuine, noted_offset = excluded.noted_offset
"""
_UNDECIDED: Final = Text(
    "Dua peristiwa memakai nomor urut yang sama ({domains}). Sumbernya diminta mengirim ulang; tunggu satu menit.",
    "Two events have the same sequence ({domains}). Their source is asked to send again; wait a minute.",
)
_REFUTED: Final = Text(
    "Peristiwa yang tidak ditulis sumbernya sudah terhitung ({domains}), dan yang asli terlewat:"
    " lihat 'Events contradict' di deploy/README.md.",
    "An event that its source did not write is counted ({domains}), and the genuine one was passed over:"
    " see 'Events contradict' in deploy/README.md.",
)
Place = tuple[str, int, int]
"""Domain, shard and sequence."""


def _place_of(event: Event) -> Place:
    return event.domain, event.shard, event.sequence


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two records under one sequence. `genuine` is the id that the relay sent again, None until it did."""

    applied: UUID
    genuine: UUID | None
    offset: int
    """Of the last record that changed it: what is behind it in the log was sent later."""

    @property
    def is_open(self) -> bool:
        """Whether the genuine event is unknown or was not applied."""
        return self.genuine != self.applied

    def after(self, event: Event) -> "Contradiction":
        """Return what a record under its sequence makes of it: the first later one is genuine until another differs."""
        if event.offset <= self.offset or event.event_id == self.genuine:
            return self
        return replace(self, genuine=event.event_id if self.genuine is None else None, offset=event.offset)


class Contradictions:
    """All contradictions of a consumer, in memory and in its database."""

    def __init__(self) -> None:
        self._known: dict[Place, Contradiction] = {}

    async def load(self, conn: Connection) -> None:
        """Read them: after start or a rebalance, and while some are open, because another member may settle them."""
        rows = await conn.fetch("SELECT domain, shard, sequence, applied, genuine, noted_offset FROM contradiction")
        self._known = {
            (r["domain"], r["shard"], r["sequence"]): Contradiction(r["applied"], r["genuine"], r["noted_offset"])
            for r in rows
        }

    def is_refuted(self, event: Event) -> bool:
        """Tell whether an event is the record that the genuine one under its sequence has refuted."""
        known = self._known.get(_place_of(event)) if self._known else None
        return known is not None and known.genuine is not None and known.genuine != event.event_id

    def undecided(self) -> dict[Shard, int]:
        """Return, by shard, the sequence after which a replay shows which event is genuine."""
        after: dict[Shard, int] = {}
        for (domain, shard, sequence), known in self._known.items():
            if known.genuine is None:
                after[domain, shard] = min(after.get((domain, shard), sequence - 1), sequence - 1)
        return after

    @property
    def alarm(self) -> Text | None:
        """Why numbers may be wrong although events are applied, in words for an operator; None while none is open."""
        undecided = {domain for (domain, _, _), known in self._known.items() if known.genuine is None}
        refuted = {domain for (domain, _, _), known in self._known.items() if known.genuine and known.is_open}
        if not undecided | refuted:
            return None
        return (_REFUTED if refuted else _UNDECIDED).format(domains=", ".join(sorted(refuted or undecided)))

    @property
    def open(self) -> int:
        """How many are open."""
        return sum(known.is_open for known in self._known.values())

    async def note(self, pool: asyncpg.Pool, pairs: Iterable[tuple[Event, UUID]]) -> list[Event]:
        """Store contradictions of events with what was applied under their sequences; return the events of new ones."""
        new = []
        for event, applied in pairs:
            if _place_of(event) not in self._known:
                await self._change(pool, _place_of(event), Contradiction(applied, None, event.offset))
                new.append(event)
        return new

    async def follow(self, pool: asyncpg.Pool, events: Sequence[Event], applied: Sequence[Event]) -> list[Event]:
        """Let records that were read, and what of them was applied, settle or reopen; return those that reopened."""
        if not self._known:
            return []
        reopened = []
        for event in events:
            known = self._known.get(_place_of(event))
            if known is not None and (changed := known.after(event)) is not known:
                await self._change(pool, _place_of(event), changed)
                if changed.genuine is None:
                    reopened.append(event)
        for event in applied:
            known = self._known.get(_place_of(event))
            if known is not None and known.applied != event.event_id:
                await self._change(pool, _place_of(event), replace(known, applied=event.event_id))
        return reopened

    async def _change(self, pool: asyncpg.Pool, place: Place, changed: Contradiction) -> None:
        await pool.execute(_NOTE, *place, changed.applied, changed.genuine, changed.offset)
        self._known[place] = changed
