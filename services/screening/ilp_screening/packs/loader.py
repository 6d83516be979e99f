"""Reads the policy packs and the WHO tables from package data, once, into frozen objects.

The only I/O of the screening rules, done once when the service starts. Tables must have the checksum that their pack
states.
"""

import csv
import gzip
import hashlib
from array import array
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TypeVar

import yaml

from ilp_screening.rules.contents import ObservationCatalog, Packs
from ilp_screening.rules.forms import Bounds, Observation, SummaryPolicy
from ilp_screening.rules.growth.lms import LmsTable
from ilp_screening.rules.growth.tables import Growth, TableKey
from ilp_screening.rules.pack_forms import BloodPressurePack, GrowthPack, PackHeader, TbPack

PackT = TypeVar("PackT", bound=PackHeader)
_SEX = {"M": "male", "F": "female"}
# The index of a table row: days and whole months as they are, length/height in steps of 0.1 cm.
_STEPS_PER_UNIT = {"day": 1, "month": 1, "cm": 10}


class PackError(RuntimeError):
    """A packaged policy or table is damaged: the service must not start with it."""


@lru_cache(maxsize=1)
def load_packs() -> Packs:
    """Return the packaged policy packs; raises PackError when a file is damaged or refers to nothing."""
    root = files("ilp_screening.packs")
    listed = _yaml(root / "observations.yaml")
    catalog = ObservationCatalog(
        {o.code: o for o in map(Observation.model_validate, listed["observations"])},
        {code: Bounds.model_validate(bounds) for code, bounds in listed["ages"].items()},
    )
    actions = {a["code"]: a for a in _yaml(root / "actions.yaml")["actions"]}
    folders = {code: root / code / version for code, version in _yaml(root / "in_force.yaml").items()}
    growth = _pack(folders["growth"], GrowthPack, actions)
    return Packs(
        growth=Growth(growth, read_lms(folders["growth"], growth), {b.code: b for b in growth.bands}),
        blood_pressure=_pack(folders["blood_pressure"], BloodPressurePack, actions),
        tb=_pack(folders["tb"], TbPack, actions),
        catalog=catalog,
        summary=SummaryPolicy.model_validate(_yaml(root / "summary.yaml")),
    )


def read_lms(folder: Traversable, pack: GrowthPack) -> dict[TableKey, LmsTable]:
    """Return the LMS tables of a growth pack; raises PackError on a wrong checksum or a gap between rows."""
    raw = (folder / pack.tables.file).read_bytes()
    if hashlib.sha256(raw).hexdigest() != pack.tables.sha256:
        raise PackError(f"{pack.tables.file}: checksum differs from the pack")
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
            raise PackError(f"{pack.tables.file}: rows of {key} are not consecutive at {row['x']}")
        for values, name in zip(column, "LMS", strict=True):
            values.append(float(row[name]))
    return {key: LmsTable(starts[key], *column) for key, column in columns.items()}


def _pack(folder: Traversable, model: type[PackT], actions: Mapping[str, Mapping[str, object]]) -> PackT:
    content = _yaml(folder / "pack.yaml")
    for holder in _holders_of_actions(content):
        for key in ("actions", "implausible_actions"):
            if key in holder:
                holder[key] = [_resolved(entry, actions) for entry in holder[key]]
    return model.model_validate(content)


def _holders_of_actions(node: object) -> Iterator[dict]:  # type: ignore[type-arg]  # raw YAML before validation
    if isinstance(node, dict):
        yield node
        for child in list(node.values()):
            yield from _holders_of_actions(child)
    elif isinstance(node, list):
        for child in node:
            yield from _holders_of_actions(child)


def _resolved(entry: str | dict[str, object], actions: Mapping[str, Mapping[str, object]]) -> dict[str, object]:
    named: dict[str, object] = {"code": entry} if isinstance(entry, str) else entry
    code = str(named["code"])
    if code not in actions:
        raise PackError(f"unknown action {code}")
    return {**actions[code], **named}


def _yaml(resource: Traversable) -> dict:  # type: ignore[type-arg]  # raw YAML before validation
    content = yaml.safe_load(resource.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise PackError(f"{resource.name}: not a mapping")
    return content
