"""Reads LMS tables; they must have the checksum that their pack states, and no gap between rows."""

import csv
import gzip
import hashlib
from array import array
from collections import defaultdict
from importlib.resources.abc import Traversable

from ilp_screening.packs.errors import PackError
from ilp_screening.rules.lms.forms import TableFile
from ilp_screening.rules.lms.zscores import LmsTable, TableKey

_SEX = {"M": "male", "F": "female"}
# The index of a table row: days and whole months as they are, length/height in steps of 0.1 cm.
_STEPS_PER_UNIT = {"day": 1, "month": 1, "cm": 10}


def read_lms(folder: Traversable, table: TableFile) -> dict[TableKey, LmsTable]:
    """Return the LMS tables of a pack's folder; raises PackError on a wrong checksum or a gap between rows."""
    raw = (folder / table.file).read_bytes()
    if hashlib.sha256(raw).hexdigest() != table.sha256:
        raise PackError(f"{table.file}: checksum differs from the pack")
    starts: dict[TableKey, int] = {}
    columns: defaultdict[TableKey, tuple[array[float], array[float], array[float]]] = defaultdict(
        lambda: (array("d"), array("d"), array("d"))
    )
    for row in csv.DictReader(gzip.decompress(raw).decode("ascii").splitlines()):
        key = (row["standard"], row["indicator"], _SEX[row["sex"]])
        index = round(float(row["x"]) * _STEPS_PER_UNIT[row["x_unit"]])
        start = starts.setdefault(key, index)
        column = columns[key]
        if index != start + len(column[0]):
            raise PackError(f"{table.file}: rows of {key} are not consecutive at {row['x']}")
        for values, name in zip(column, "LMS", strict=True):
            values.append(float(row[name]))
    return {key: LmsTable(starts[key], *column) for key, column in columns.items()}
