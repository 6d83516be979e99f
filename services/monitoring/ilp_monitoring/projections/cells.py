"""Numbers of every area: differences of a batch, added up over all levels, and written with a note for streams.

A batch moves each kind of number by one statement: it adds the differences and notes the new values as changes.
"""

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final
from uuid import UUID

from ilp_shared.areas import lineage
from ilp_shared.db.connection import Connection

Pair = tuple[int, int]
Key = tuple[str, ...]
"""Area code first, then what distinguishes the numbers of one area."""
Rows = Sequence[tuple[Key, Pair]]
FacilityMonth = tuple[UUID, str]
FacilityMonthVillage = tuple[UUID, str, str]
ARRIVALS_KEPT: Final = 20
"""Arrivals that stay of each area, one for each minute and facility."""

_CELLS: Final = """
WITH moved AS (
    INSERT INTO cell AS c (area_code, period, indicator, numerator, denominator)
    SELECT * FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[])
    ON CONFLICT (area_code, period, indicator) DO UPDATE
    SET numerator = c.numerator + excluded.numerator, denominator = c.denominator + excluded.denominator
    RETURNING area_code, period, indicator, numerator, denominator)
INSERT INTO change (area_code, sequence, indicator, period, numerator, denominator)
SELECT area_code, $1, indicator, period, numerator, denominator FROM moved
"""

_COMPLETENESS: Final = """
WITH moved AS (
    INSERT INTO completeness AS c (area_code, period, expected, reported)
    SELECT * FROM unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[])
    ON CONFLICT (area_code, period) DO UPDATE
    SET expected = c.expected + excluded.expected, reported = c.reported + excluded.reported
    RETURNING area_code, period, expected, reported)
INSERT INTO change (area_code, sequence, indicator, period, numerator, denominator)
SELECT area_code, $1, 'COMPLETENESS', period, reported, expected FROM moved
"""

_POPULATION: Final = """
WITH moved AS (
    INSERT INTO population AS p (area_code, birth_month, sex, n)
    SELECT * FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[])
    ON CONFLICT (area_code, birth_month, sex) DO UPDATE SET n = p.n + excluded.n
    RETURNING area_code)
INSERT INTO change (area_code, sequence, indicator, period, numerator, denominator)
SELECT DISTINCT area_code, $1::bigint, 'POPULATION', '', 0, 0 FROM moved
"""

_FIRSTS: Final = """
WITH moved AS (
    INSERT INTO first_in_year AS f (area_code, period, indicator, n)
    SELECT * FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[])
    ON CONFLICT (area_code, period, indicator) DO UPDATE SET n = f.n + excluded.n
    RETURNING area_code)
INSERT INTO change (area_code, sequence, indicator, period, numerator, denominator)
SELECT DISTINCT area_code, $1::bigint, 'YEAR', '', 0, 0 FROM moved
"""

_TASKS: Final = """
WITH moved AS (
    INSERT INTO task_count AS t (area_code, period, due_day, open, done)
    SELECT * FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[])
    ON CONFLICT (area_code, period, due_day) DO UPDATE SET open = t.open + excluded.open, done = t.done + excluded.done
    RETURNING area_code)
INSERT INTO change (area_code, sequence, indicator, period, numerator, denominator)
SELECT DISTINCT area_code, $1::bigint, 'TASKS', '', 0, 0 FROM moved
"""

_UNITS: Final = """
WITH moved AS (
    INSERT INTO posyandu_count AS u (area_code, n)
    SELECT * FROM unnest($2::text[], $3::bigint[])
    ON CONFLICT (area_code) DO UPDATE SET n = u.n + excluded.n
    RETURNING area_code)
INSERT INTO change (area_code, sequence, indicator, period, numerator, denominator)
SELECT area_code, $1::bigint, 'UNITS', '', 0, 0 FROM moved
"""

_ARRIVALS: Final = """
WITH moved AS (
    INSERT INTO arrival AS a (area_code, minute, facility_id, weighings, others)
    SELECT * FROM unnest($2::text[], $3::text[], $4::uuid[], $5::bigint[], $6::bigint[])
    ON CONFLICT (area_code, minute, facility_id) DO UPDATE
    SET weighings = a.weighings + excluded.weighings, others = a.others + excluded.others
    RETURNING area_code)
INSERT INTO change (area_code, sequence, indicator, period, numerator, denominator)
SELECT DISTINCT area_code, $1::bigint, 'ARRIVALS', '', 0, 0 FROM moved
"""

_SASARAN: Final = """
WITH moved AS (
    INSERT INTO sasaran AS s (area_code, population_group, n)
    SELECT * FROM unnest($2::text[], $3::text[], $4::bigint[])
    ON CONFLICT (area_code, population_group) DO UPDATE SET n = s.n + excluded.n
    RETURNING area_code)
INSERT INTO change (area_code, sequence, indicator, period, numerator, denominator)
SELECT DISTINCT area_code, $1::bigint, 'SASARAN', '', 0, 0 FROM moved
"""


class Deltas:
    """Differences per key; sorted when read, so that concurrent writers lock rows in one order."""

    def __init__(self) -> None:
        self._of: dict[Key, list[int]] = {}

    def add(self, key: Key, first: int, second: int = 0) -> None:
        """Add a difference to the numbers of a village."""
        pair = self._of.get(key)
        if pair is None:
            self._of[key] = [first, second]
            return
        pair[0] += first
        pair[1] += second

    def as_they_are(self) -> list[tuple[Key, Pair]]:
        """Return the non-zero differences, sorted by key, for keys that already cover all levels."""
        return sorted((key, (pair[0], pair[1])) for key, pair in self._of.items() if any(pair))

    def rolled_up(self) -> list[tuple[Key, Pair]]:
        """Return the non-zero differences at all levels (village to nation), sorted by key."""
        total: dict[Key, list[int]] = {}
        for (village, *rest), (first, second) in self._of.items():
            if not first and not second:
                continue
            for area in lineage(village):
                pair = total.setdefault((area, *rest), [0, 0])
                pair[0] += first
                pair[1] += second
        return sorted((key, (pair[0], pair[1])) for key, pair in total.items() if any(pair))


def difference(old: Mapping[Key, Pair], new: Mapping[Key, Pair]) -> Deltas:
    """Return new − old."""
    deltas = Deltas()
    for key, (first, second) in old.items():
        deltas.add(key, -first, -second)
    for key, (first, second) in new.items():
        deltas.add(key, first, second)
    return deltas


@dataclass
class Differences:
    """Everything by which one batch moves the numbers of villages and posyandu; the adapters fill it."""

    cells: Deltas = field(default_factory=Deltas)
    """(village, month, indicator) → numerator, denominator."""
    tasks: Deltas = field(default_factory=Deltas)
    """(village, month opened, day due) → open tasks, done tasks."""
    firsts: Deltas = field(default_factory=Deltas)
    """(village, month, indicator) → persons counted in that month for the first time in the year."""
    population: Deltas = field(default_factory=Deltas)
    """(village, month of birth, sex) → residents."""
    sasaran: Deltas = field(default_factory=Deltas)
    """(village, population group) → projected persons."""
    posyandu: Deltas = field(default_factory=Deltas)
    """(village) → registered posyandu."""
    arrivals: Deltas = field(default_factory=Deltas)
    """(area of the facility, minute, facility) → screenings recorded with a weight, and others."""
    open_days: Counter[FacilityMonthVillage] = field(default_factory=Counter)
    """Open days of posyandu; also those that cancel out."""
    reports: Counter[FacilityMonth] = field(default_factory=Counter)
    """Screenings of posyandu that are not void; also those that cancel out."""


async def move(conn: Connection, sequence: int, differences: Differences, completeness: Deltas) -> bool:
    """Add the differences at all levels; `completeness` covers them already. Returns whether any number moved."""
    moved = [
        await _move(conn, _CELLS, sequence, differences.cells.rolled_up(), values=2),
        await _move(conn, _COMPLETENESS, sequence, completeness.as_they_are(), values=2),
        await _move(conn, _TASKS, sequence, differences.tasks.rolled_up(), values=2),
        await _move(conn, _FIRSTS, sequence, differences.firsts.rolled_up(), values=1),
        await _move(conn, _UNITS, sequence, differences.posyandu.rolled_up(), values=1),
        await _move(conn, _POPULATION, sequence, differences.population.rolled_up(), values=1),
        await _move(conn, _ARRIVALS, sequence, _newest(differences.arrivals.rolled_up()), values=2),
        await _move(conn, _SASARAN, sequence, differences.sasaran.rolled_up(), values=1),
    ]
    return any(moved)


def _newest(rows: Rows) -> Rows:
    """Return the last arrivals of each area; the others would never be shown, whatever came before this batch."""
    newest: list[tuple[Key, Pair]] = []
    for _, arrivals in groupby(rows, key=lambda row: row[0][0]):
        newest.extend(deque(arrivals, maxlen=ARRIVALS_KEPT))
    return newest


async def _move(conn: Connection, statement: str, sequence: int, rows: Rows, *, values: int) -> bool:
    """Run the statement of one table, whose rows have a key and one or two `values`."""
    if not rows:
        return False
    columns = [list(column) for column in zip(*(key for key, _ in rows), strict=True)]
    numbers = [[pair[n] for _, pair in rows] for n in range(values)]
    await conn.execute(statement, sequence, *columns, *numbers)
    return True
