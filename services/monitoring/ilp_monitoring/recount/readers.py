"""What readers are given, compared with what they must be given: every field of situations and exported cells.

The rows come from monitoring's own reading functions, in the recount's snapshot. What they must say is counted here
from the archives, by the wording of the definitions.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Any

from ilp_monitoring.recount.answers import Answers
from ilp_monitoring.recount.counting import MOST_NAMED
from ilp_monitoring.recount.findings import Finding

Row = dict[str, Any]
ReadShown = Callable[[str, str, Sequence[str] | None], AsyncIterator[Row]]
"""Address, snapshot, and the parts to read; None for all."""
WORDS = ("registered_means",)
"""Fields of a situation that are words and no number; `GET /v1/indicators` has the same."""
_ABSENT = "-"
"""What a side has that does not know a field."""
_LONGEST_LINE = 1 << 25
_LONGEST_TEXT = 200


class Unreadable(Exception):  # noqa: N818 - becomes a finding
    """The program that prints what readers are given ended with an error."""


async def read_shown(url: str, snapshot: str, parts: Sequence[str] | None) -> AsyncIterator[Row]:
    """Yield the rows of monitoring's program `ilp_monitoring.exports.shown`; raises Unreadable when it fails."""
    query = {"ILP_SHOWN_URL": url, "ILP_SHOWN_SNAPSHOT": snapshot, "ILP_SHOWN_PARTS": ",".join(parts or ())}
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "ilp_monitoring.exports.shown"),
        env={**os.environ, **query},
        stdout=asyncio.subprocess.PIPE,
        limit=_LONGEST_LINE,
    )
    assert child.stdout is not None  # noqa: S101 - narrows for the type checker
    async for line in child.stdout:
        yield json.loads(line)
    if await child.wait() != 0:
        raise Unreadable(str(child.returncode))


def compare_shown(answers: Answers, rows: Iterable[Row], complain: Callable[[Finding], None]) -> int:
    """Complain about all that a reader gets wrong, too little or too much; returns how many values were compared.

    A field that only one side knows is a difference too. Each finding is counted for its part.
    """
    missing, compared, parts = set(answers.rows()), 0, answers.parts
    for row in rows:
        key = _key(row)
        tally = parts.counted(key[1], complain)
        given = {name: value for name, value in row.items() if name not in ("list", *WORDS)}
        if key in missing:
            missing.remove(key)
            compared += _compare(key, "", _as_named(answers.fields(key), given), given, tally)
        else:
            compared += 1
            tally(Finding("shown_extra", " ".join(key), "-", "shown"))
    for key in sorted(missing):
        parts.counted(key[1], complain)(Finding("shown_missing", " ".join(key), "shown", "-"))
    return compared + len(missing)


def _key(row: Row) -> tuple[str, ...]:
    if row["list"] == "cells":
        return "cells", str(row["area_code"]), str(row["period"]), str(row["indicator"])
    return "situations", *(str(part) for part in (row["area"]["code"], row["period"], row["denominator"], row["below"]))


def _as_named(expected: Row, given: Row) -> Row:
    """Return what is expected with only the awaited posyandu that are named, where there are more than may be."""
    if "awaited" not in expected:
        return expected
    lists = {}
    for name, units in expected["awaited"].items():
        named = {unit["id"] for unit in given["awaited"][name]}
        some = [unit for unit in units if unit["id"] in named]
        lists[name] = units if len(units) <= MOST_NAMED else some if len(some) == MOST_NAMED else units[:MOST_NAMED]
    return {**expected, "awaited": lists}


def _compare(
    where: tuple[str, ...], name: str, right: object, given: object, complain: Callable[[Finding], None]
) -> int:
    """Compare two values, or all that they hold; `name` is that of the field. Returns how many were compared."""
    if right == given:
        return _size(right)
    pairs: list[tuple[str, str, object, object]] = []
    if isinstance(right, list) and isinstance(given, list):
        rights, givens = _by_code(right), _by_code(given)
        pairs = [
            (key, name, rights.get(key, _ABSENT), givens.get(key, _ABSENT)) for key in sorted({**rights, **givens})
        ]
    elif isinstance(right, dict) and isinstance(given, dict):
        pairs = [(key, key, right.get(key, _ABSENT), given.get(key, _ABSENT)) for key in sorted({**right, **given})]
    else:
        complain(Finding(f"shown_{name}", " ".join(where), str(right)[:_LONGEST_TEXT], str(given)[:_LONGEST_TEXT]))
    return sum(_compare((*where, key), field, one, other, complain) for key, field, one, other in pairs) or 1


def _size(value: object) -> int:
    """Return how many values there are in all that a value holds; an empty one is one."""
    held = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return sum(map(_size, held)) or 1


def _by_code(values: list[object]) -> dict[str, object]:
    """Return the elements of a list by their code or id; by position where they have none, or share one."""
    named: dict[str, object] = {
        str(value.get("code", value.get("id"))): value for value in values if isinstance(value, dict)
    }
    return named if len(named) == len(values) else {str(place): value for place, value in enumerate(values)}
