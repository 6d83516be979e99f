"""What waits for one client: the newest value of each changed cell, never more, however slowly it reads."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from ilp_monitoring.live.schemas import CellPatch, Patch, UnitsPatch
from ilp_monitoring.situations.areas import Arrival
from ilp_shared import metrics


@dataclass(frozen=True)
class Update:
    """Values read in one snapshot: all cells of a hub that changed up to `sequence`."""

    sequence: int
    as_of: datetime | None
    checked_at: datetime | None
    cells: dict[tuple[str, str], CellPatch]
    units: dict[str, UnitsPatch]
    arrivals: list[Arrival] | None
    """All that is shown, when any came in."""


@dataclass(eq=False)
class Stream:
    """One client of a subscription hub."""

    period: str
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    closed: bool = False
    _floor: int = -1
    _newest: Update | None = None
    _cells: dict[tuple[str, str], tuple[int, CellPatch]] = field(default_factory=dict)
    _units: dict[str, tuple[int, UnitsPatch]] = field(default_factory=dict)
    _arrivals: tuple[int, list[Arrival]] | None = None

    def offer(self, update: Update) -> None:
        """Add values; a cell that waits already is replaced. Values no newer than the start are left out."""
        if update.sequence <= self._floor:
            return
        self._cells.update({key: (update.sequence, row) for key, row in update.cells.items()})
        self._units.update({key: (update.sequence, row) for key, row in update.units.items()})
        self._take_arrivals(update)
        if self._newest is None or update.sequence >= self._newest.sequence:
            self._newest = update
        self.changed.set()

    def begin(self, start: Update) -> None:
        """Set the sequence from which the client goes on; offers that are not newer are dropped."""
        waiting, self._newest = self._newest, None
        self._cells = {key: one for key, one in self._cells.items() if one[0] > start.sequence}
        self._units = {key: one for key, one in self._units.items() if one[0] > start.sequence}
        self._cells = {key: (start.sequence, row) for key, row in start.cells.items()} | self._cells
        self._units = {key: (start.sequence, row) for key, row in start.units.items()} | self._units
        if self._arrivals is not None and self._arrivals[0] <= start.sequence:
            self._arrivals = None
        self._take_arrivals(start)
        self._floor = start.sequence
        self._newest = waiting if waiting is not None and waiting.sequence > start.sequence else start

    @property
    def waiting(self) -> bool:
        """Tell whether there is anything to send."""
        return bool(self._cells or self._units or self._arrivals is not None)

    def _take_arrivals(self, update: Update) -> None:
        if update.arrivals is not None and (self._arrivals is None or self._arrivals[0] < update.sequence):
            self._arrivals = update.sequence, update.arrivals

    def take(self) -> Patch:
        """Return all that waits as one patch."""
        newest = self._newest
        if newest is None:
            raise LookupError("nothing was offered")
        units = [row for _, (_, row) in sorted(self._units.items())]
        patch = Patch(
            sequence=newest.sequence,
            as_of=newest.as_of,
            checked_at=newest.checked_at,
            period=self.period,
            cells=[row for _, (_, row) in sorted(self._cells.items())],
            completeness=[(area, reported, opened) for area, _, opened, reported in units],
            units=units,
            arrivals=None if self._arrivals is None else self._arrivals[1],
        )
        self._cells, self._units, self._arrivals = {}, {}, None
        return patch

    def close(self, reason: str) -> None:
        """End the stream, and count why; its client connects again."""
        if not self.closed:
            metrics.LIVE_DROPS.labels(reason).inc()
        self.closed = True
        self.changed.set()
