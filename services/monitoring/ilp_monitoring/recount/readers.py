"""What readers are given, compared with what they must be given: situations, exported cells, participation.

The rows come from monitoring's own reading functions, in the recount's snapshot. What they must say is counted here
from the archives, by the wording of the definitions.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import Any

from ilp_monitoring.recount.expecting import Expecting
from ilp_monitoring.recount.findings import Finding

Row = dict[str, Any]
ReadShown = Callable[[str, str], AsyncIterator[Row]]
_LONGEST_LINE = 1 << 20


class Unreadable(Exception):  # noqa: N818 - becomes a finding
    """The program that prints what readers are given ended with an error."""


async def read_shown(url: str, snapshot: str) -> AsyncIterator[Row]:
    """Yield the rows of monitoring's program `ilp_monitoring.exports.shown`; raises Unreadable when it fails."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "ilp_monitoring.exports.shown"),
        env={**os.environ, "ILP_SHOWN_URL": url, "ILP_SHOWN_SNAPSHOT": snapshot},
        stdout=asyncio.subprocess.PIPE,
        limit=_LONGEST_LINE,
    )
    assert child.stdout is not None  # noqa: S101 - narrows for the type checker
    async for line in child.stdout:
        yield json.loads(line)
    if await child.wait() != 0:
        raise Unreadable(str(child.returncode))


def compare_shown(expecting: Expecting, rows: Iterable[Row], complain: Callable[[Finding], None]) -> int:
    """Complain about every number of a reader that is missing, wrong or too many; returns how many were compared."""
    missing, compared = set(expecting.rows()), 0
    for row in rows:
        for key, values in _fields(row):
            compared += 1
            if key in missing:
                missing.remove(key)
                _compare(key, expecting.fields(key), values, complain)
            else:
                complain(Finding("shown_extra", " ".join(key), "-", str(values)))
    for key in sorted(missing):
        complain(Finding("shown_missing", " ".join(key), str(expecting.fields(key)), "-"))
    return compared + len(missing)


def _fields(row: Row) -> Iterable[tuple[tuple[str, ...], Mapping[str, object]]]:
    """Yield (where, field → value) of one row: of a situation, one for the area and one for each indicator."""
    row = dict(row)
    indicators = row.pop("indicators", {})
    where = tuple(str(row.pop(name)) for name in ("list", "area", "area_code", "period", "indicator") if name in row)
    yield where, row
    for code, fields in indicators.items():
        yield (*where, code), fields


def _compare(
    where: tuple[str, ...],
    expected: Mapping[str, object],
    values: Mapping[str, object],
    complain: Callable[[Finding], None],
) -> None:
    for name in sorted(expected.keys() | values.keys()):
        right, given = expected.get(name), values.get(name)
        if isinstance(right, dict) and isinstance(given, dict):
            _compare((*where, name), right, given, complain)
        elif right != given:
            complain(Finding(f"shown_{name}", " ".join(where), str(right), str(given)))
