"""One page of all shards of an archive, for readers without Kafka: what the account may see, and how far it reaches.

A page covers a range of sequences of some shards. What lies in the range and is not on the page concerns other areas
(`outside`) or is not in the archive (`missing`): a reader tells a hole of its area from a loss.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import asyncpg

from ilp_shared.db.connection import Connection
from ilp_shared.db.scoped import Conditions

_SCANNED: Final = 10_000
"""Sequences that one page covers at most, whatever area its reader has."""
_RANGES = "unnest($1::smallint[], $2::bigint[], $3::bigint[]) AS r (shard, after, through)"
_COUNT = f"""
SELECT r.shard, count(DISTINCT e.sequence) AS n FROM {_RANGES}
JOIN event_log AS e ON e.shard = r.shard AND e.sequence > r.after AND e.sequence <= r.through GROUP BY r.shard
"""


class AheadOfArchive(Exception):  # noqa: N818 - an answer to a reader, not an error
    """A position lies above the archive, which was restored to an older state."""


@dataclass(frozen=True, slots=True)
class Range:
    """The sequences of one shard that a page covers: above `after`, up to `next`; `head` is the last one given."""

    shard: int
    after: int
    next: int
    head: int
    outside: int = 0
    missing: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """Archive rows in the order of their shards and sequences, the ranges covered, and where the next page begins."""

    rows: Sequence[asyncpg.Record]
    ranges: Sequence[Range]
    position: Mapping[int, int]
    at_head: bool


async def read_page(conn: Connection, areas: Sequence[str], position: Mapping[int, int], limit: int) -> Page:
    """Return the next page after a position (shard → sequence); raises AheadOfArchive."""
    async with conn.transaction(isolation="repeatable_read", readonly=True):
        shards = await conn.fetch("SELECT shard, assigned FROM relay_shard ORDER BY shard")
        heads: dict[int, int] = {row["shard"]: row["assigned"] for row in shards}
        if any(after > heads.get(shard, 0) for shard, after in position.items()):
            raise AheadOfArchive
        scope = _ranges(heads, position)
        rows = await _read(conn, scope, areas, limit)
        ranges = await _counted(conn, _cut(scope, rows) if len(rows) == limit else scope, rows)
    end = {**position, **{each.shard: each.next for each in ranges}}
    return Page(rows, ranges, end, at_head=all(end.get(shard, 0) == head for shard, head in heads.items()))


def _ranges(heads: Mapping[int, int], position: Mapping[int, int]) -> list[Range]:
    left = _SCANNED
    ranges = []
    for shard, head in heads.items():
        after = position.get(shard, 0)
        through = min(head, after + left)
        if through > after:
            ranges.append(Range(shard, after, through, head))
            left -= through - after
    return ranges


async def _read(conn: Connection, ranges: Sequence[Range], areas: Sequence[str], limit: int) -> list[asyncpg.Record]:
    conditions = Conditions()
    for column in _columns(ranges):
        conditions.bind(column)
    conditions.add("e.shard = r.shard AND e.sequence > r.after AND e.sequence <= r.through")
    conditions.within("e.area_code", areas)
    bound = conditions.bind(limit)
    rows: list[asyncpg.Record] = await conn.fetch(
        f"SELECT e.* FROM {_RANGES} CROSS JOIN LATERAL"
        f" (SELECT * FROM event_log AS e WHERE {conditions.where} ORDER BY e.sequence LIMIT {bound}) AS e"
        f" ORDER BY e.shard, e.sequence LIMIT {bound}",
        *conditions.args,
    )
    return rows


def _columns(ranges: Sequence[Range]) -> tuple[list[int], list[int], list[int]]:
    return [each.shard for each in ranges], [each.after for each in ranges], [each.next for each in ranges]


def _cut(ranges: Sequence[Range], rows: Sequence[asyncpg.Record]) -> list[Range]:
    """Return the ranges that a full page covers: all before its last row, and that of the last row up to it."""
    shard, sequence = rows[-1]["shard"], rows[-1]["sequence"]
    whole = [each for each in ranges if each.shard < shard]
    last = next(each for each in ranges if each.shard == shard)
    return [*whole, Range(shard, last.after, sequence, last.head)]


async def _counted(conn: Connection, ranges: Sequence[Range], rows: Sequence[asyncpg.Record]) -> list[Range]:
    counts = await conn.fetch(_COUNT, *_columns(ranges))
    archived: dict[int, int] = {row["shard"]: row["n"] for row in counts}
    on_page = Counter(row["shard"] for row in rows)
    return [
        replace(
            each,
            outside=archived.get(each.shard, 0) - on_page[each.shard],
            missing=each.next - each.after - archived.get(each.shard, 0),
        )
        for each in ranges
    ]
