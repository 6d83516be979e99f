"""A subscription hub: one situation as watched by any number of clients, read once for all of them.

It reads four times a second at most. Each reading is one snapshot: the sequence, the keys that changed since the last
reading, and their present values. So a patch labelled with a sequence holds every change up to it.
"""

import asyncio
from collections import deque
from collections.abc import Iterable

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from ilp_monitoring.indicators.loader import definitions
from ilp_monitoring.live.repository import changed_since, is_resumable
from ilp_monitoring.live.schemas import CellPatch, UnitsPatch
from ilp_monitoring.live.stream import Stream, Update
from ilp_monitoring.situations import repository
from ilp_monitoring.situations.arrivals_repository import arrivals_of
from ilp_monitoring.situations.numbers import Numbers, read_numbers
from ilp_monitoring.situations.schemas import IndicatorNumbers, SituationKey
from ilp_monitoring.situations.service import areas_shown
from ilp_shared.db.database import Database
from ilp_shared.db.scope import EVERYWHERE
from ilp_shared.db.transient import is_transient
from ilp_shared.tracing import LINKS, batch_span
from ilp_shared.write.uow import open_read

log = structlog.get_logger()
_READ_EVERY_S = 0.25
_ARRIVALS = "ARRIVALS"


class ChangeTraces:
    """The traces of the newest changes, by sequence; only of batches that are measured."""

    def __init__(self) -> None:
        self._newest: deque[tuple[int, str]] = deque(maxlen=LINKS)

    def note(self, sequence: int, traceparent: str) -> None:
        """Keep the trace of a change, in place of the oldest one."""
        self._newest.append((sequence, traceparent))

    def between(self, last: int, present: int) -> list[str]:
        """Return the traces of the changes above `last`, up to `present`."""
        return [traceparent for sequence, traceparent in self._newest if last < sequence <= present]


class SubscriptionHub:
    """Reads what changed and offers it to its streams."""

    def __init__(self, database: Database, key: SituationKey, codes: Iterable[str], traces: ChangeTraces) -> None:
        self.key, self.codes, self._traces = key, frozenset(codes), traces
        self.streams: set[Stream] = set()
        self.dirty = asyncio.Event()
        self._database = database
        self._last: int | None = None

    async def start(self, stream: Stream, last: int | None) -> int | None:
        """Bring a stream to the present from `last` (None: send everything that the situation shows).

        Returns None, or the present sequence when `last` is too old or unknown: the client must then reload.
        """
        async with open_read(self._database, EVERYWHERE) as session:
            resumable = last is None or await is_resumable(session, last)
            keys = set()
            if last is None:
                shown_areas = await areas_shown(session, self.key)
                keys = {(code, "COMPLETENESS") for code in shown_areas} | {(self.key.area, _ARRIVALS)}
            elif resumable:
                keys = await changed_since(session, self.codes, self.key.months, last)
            update = await self._values(session, keys)
        if self._last is None:
            self._last = update.sequence
        stream.begin(update)
        return None if resumable else update.sequence

    async def run(self) -> None:
        """Offer changes until cancelled; ends all streams when the database refuses for good."""
        try:
            while True:
                await self.dirty.wait()
                self.dirty.clear()
                await self._spread()
                await asyncio.sleep(_READ_EVERY_S)
        finally:
            for stream in self.streams:
                stream.close("hub")

    async def _spread(self) -> None:
        if self._last is None:
            return
        try:
            async with open_read(self._database, EVERYWHERE) as session:
                keys = await changed_since(session, self.codes, self.key.months, self._last)
                update = await self._values(session, keys)
        except Exception as error:
            if not is_transient(error):
                log.error("hub_failed", reason=type(error).__name__)
                raise
            self.dirty.set()
            return
        before, self._last = self._last, update.sequence
        if keys:
            pushed = {"sequence": update.sequence, "ilp.streams": len(self.streams)}
            with batch_span("live push", lambda: self._traces.between(before, update.sequence), pushed):
                for stream in self.streams:
                    stream.offer(update)

    async def _values(self, session: AsyncSession, keys: set[tuple[str, str]]) -> Update:
        clock = await repository.clock(session)
        moved = [self.key.area] if (self.key.area, _ARRIVALS) in keys else []
        arrivals = (await arrivals_of(session, moved)).get(self.key.area) if moved else None
        keys = {key for key in keys if key[1] != _ARRIVALS}
        areas = sorted({area for area, _ in keys})
        cells: dict[tuple[str, str], CellPatch] = {}
        units: dict[str, UnitsPatch] = {}
        if areas:
            numbers = await read_numbers(session, areas, self.key.period)
            cells = self._cells(numbers, keys)
            for area in areas:
                one = numbers.units(area)
                units[area] = (area, one.registered, one.opened, one.reported)
        return Update(clock.sequence, clock.as_of, clock.checked_at, cells, units, arrivals)

    def _cells(self, numbers: Numbers, keys: set[tuple[str, str]]) -> dict[tuple[str, str], CellPatch]:
        cells: dict[tuple[str, str], CellPatch] = {}
        for area, changed in keys:
            for indicator in definitions().indicators:
                by_size = changed in ("POPULATION", "SASARAN") and indicator.sasaran_group is not None
                by_size = by_size or (changed == "YEAR" and indicator.counts.yearly)
                by_size = by_size or (changed == "TASKS" and indicator.counts.of == "tasks")
                if by_size or changed in ("COMPLETENESS", "UNITS", indicator.code):
                    one = numbers.one(area, indicator, self.key.denominator)
                    cells[area, indicator.code] = _patch(area, one)
        return cells


def _patch(area: str, numbers: IndicatorNumbers) -> CellPatch:
    return (
        area,
        numbers.code,
        numbers.numerator,
        numbers.denominator,
        numbers.denominators,
        numbers.value,
        numbers.state,
        numbers.map_class,
        numbers.previous,
        numbers.year,
        numbers.follow_ups,
    )
