"""Checks the observations of a request against the catalogue: known code, right type, possible value.

Numbers are strict: no booleans, no numeric strings, nothing infinite. Called by `rules.engine.evaluate`.
"""

from collections.abc import Mapping
from math import isfinite

from ilp_screening.packs.models import Bounds, Observation
from ilp_screening.rules.errors import InputProblem

Value = float | bool | str


def checked(
    catalogue: Mapping[str, Observation], raw: Mapping[str, object]
) -> tuple[dict[str, Value], list[InputProblem]]:
    """The usable observations by code (quantities in the catalogue's unit) and every fault found."""
    values: dict[str, Value] = {}
    problems: list[InputProblem] = []
    for code, value in raw.items():
        observation = catalogue.get(code)
        if observation is None:
            problems.append(
                _problem(code, "unknown_observation", "Kode pengamatan tidak dikenal.", "Unknown observation code.")
            )
            continue
        fault = _fault(observation, value)
        if fault is not None:
            problems.append(fault)
        elif isinstance(value, int) and not isinstance(value, bool):
            values[code] = float(value)
        elif isinstance(value, (bool, float, str)):
            values[code] = value
    problems.extend(_wrong_order(catalogue, values))
    return values, problems


def _fault(observation: Observation, value: object) -> InputProblem | None:
    if observation.type == "quantity":
        return _quantity_fault(observation, value)
    if observation.type == "boolean":
        if isinstance(value, bool):
            return None
        return _problem(observation.code, "not_a_boolean", "Harus true atau false.", "Must be true or false.")
    if isinstance(value, str) and value in observation.values:
        return None
    allowed = ", ".join(observation.values)
    return _problem(
        observation.code,
        "not_a_listed_code",
        f"Harus salah satu dari: {allowed}.",
        f"Must be one of: {allowed}.",
    )


def _quantity_fault(observation: Observation, value: object) -> InputProblem | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return _problem(observation.code, "not_a_number", "Harus berupa angka.", "Must be a number.")
    if isinstance(value, float) and not isfinite(value):
        return _problem(observation.code, "not_finite", "Harus angka berhingga.", "Must be a finite number.")
    possible = observation.possible or Bounds()
    if possible.contains(value):
        return None
    limits = f"{possible.ge:g}–{possible.le:g} {observation.unit}"
    return _problem(
        observation.code,
        "impossible_value",
        f"Di luar rentang yang mungkin ({limits}).",
        f"Outside the possible range ({limits}).",
    )


def _wrong_order(catalogue: Mapping[str, Observation], values: Mapping[str, Value]) -> list[InputProblem]:
    problems = []
    for code, value in values.items():
        upper = catalogue[code].below
        other = values.get(upper) if upper is not None else None
        if isinstance(value, float) and isinstance(other, float) and value >= other:
            problems.append(
                _problem(code, "not_below", f"Harus lebih rendah dari {upper}.", f"Must be lower than {upper}.")
            )
    return problems


def _problem(code: str, kind: str, message_id: str, message_en: str) -> InputProblem:
    token = code.replace("~", "~0").replace("/", "~1")
    return InputProblem(f"/observations/{token}", kind, message_id, message_en)
