"""Checks the observations of a request against the catalog: known code, right type, possible value.

Numbers are strict: no booleans, no numeric strings, nothing infinite.
"""

from collections.abc import Mapping
from math import isfinite
from typing import Final

from ilp_screening.rules.errors import InputProblem
from ilp_screening.rules.forms import Bounds, Observation
from ilp_shared.text import Text

Value = float | bool | str
_UNKNOWN: Final = Text("Kode pengamatan tidak dikenal.", "Unknown observation code.")
_NOT_BOOLEAN: Final = Text("Harus true atau false.", "Must be true or false.")
_NOT_LISTED: Final = Text("Harus salah satu dari: {allowed}.", "Must be one of: {allowed}.")
_NOT_NUMBER: Final = Text("Harus berupa angka.", "Must be a number.")
_NOT_FINITE: Final = Text("Harus angka berhingga.", "Must be a finite number.")
_IMPOSSIBLE: Final = Text("Di luar rentang yang mungkin ({limits}).", "Outside the possible range ({limits}).")
_NOT_BELOW: Final = Text("Harus lebih rendah dari {upper}.", "Must be lower than {upper}.")


def checked(
    catalog: Mapping[str, Observation], raw: Mapping[str, object]
) -> tuple[dict[str, Value], list[InputProblem]]:
    """Return the usable observations by code (quantities in the catalog's unit) and every fault."""
    values: dict[str, Value] = {}
    problems: list[InputProblem] = []
    for code, value in raw.items():
        observation = catalog.get(code)
        if observation is None:
            problems.append(_problem(code, "unknown_observation", _UNKNOWN))
            continue
        fault = _fault(observation, value)
        if fault is not None:
            problems.append(fault)
        elif isinstance(value, int) and not isinstance(value, bool):
            values[code] = float(value)
        elif isinstance(value, (bool, float, str)):
            values[code] = value
    problems.extend(_wrong_order(catalog, values))
    return values, problems


def _fault(observation: Observation, value: object) -> InputProblem | None:
    if observation.type == "quantity":
        return _quantity_fault(observation, value)
    if observation.type == "boolean":
        return None if isinstance(value, bool) else _problem(observation.code, "not_a_boolean", _NOT_BOOLEAN)
    if isinstance(value, str) and value in observation.values:
        return None
    return _problem(observation.code, "not_a_listed_code", _NOT_LISTED.format(allowed=", ".join(observation.values)))


def _quantity_fault(observation: Observation, value: object) -> InputProblem | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return _problem(observation.code, "not_a_number", _NOT_NUMBER)
    if isinstance(value, float) and not isfinite(value):
        return _problem(observation.code, "not_finite", _NOT_FINITE)
    possible = observation.possible or Bounds()
    if possible.contains(value):
        return None
    limits = f"{possible.ge:g}–{possible.le:g} {observation.unit}"
    return _problem(observation.code, "impossible_value", _IMPOSSIBLE.format(limits=limits))


def _wrong_order(catalog: Mapping[str, Observation], values: Mapping[str, Value]) -> list[InputProblem]:
    problems = []
    for code, value in values.items():
        upper = catalog[code].below
        other = values.get(upper) if upper is not None else None
        if isinstance(value, float) and isinstance(other, float) and value >= other:
            problems.append(_problem(code, "not_below", _NOT_BELOW.format(upper=upper)))
    return problems


def _problem(code: str, kind: str, message: Text) -> InputProblem:
    token = code.replace("~", "~0").replace("/", "~1")
    return InputProblem(f"/observations/{token}", kind, message)
