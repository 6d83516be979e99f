"""Checks the observations of a request against the catalog: known code, right type, possible value.

Numbers are strict: no booleans, no numeric strings, nothing infinite.
"""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from math import isfinite
from typing import Final

from ilp_screening.rules.case import Value
from ilp_screening.rules.errors import InputProblem
from ilp_screening.rules.forms import Bounds, Observation
from ilp_shared.text import Text

_UNKNOWN: Final = Text(
    "Kode pengamatan tidak dikenal; daftarnya ada di GET /v1/packs.",
    "Unknown observation code; GET /v1/packs lists them.",
)
_SIMILAR: Final = Text(
    "Kode pengamatan tidak dikenal; mungkin maksudnya {code}. Daftarnya ada di GET /v1/packs.",
    "Unknown observation code; perhaps {code} is meant. GET /v1/packs lists them.",
)
_NOT_BOOLEAN: Final = Text("Harus true atau false.", "Must be true or false.")
_NOT_LISTED: Final = Text("Harus salah satu dari: {allowed}.", "Must be one of: {allowed}.")
_NOT_NUMBER: Final = Text("Harus berupa angka.", "Must be a number.")
_WRITTEN: Final = Text(
    "Harus berupa angka, tanpa tanda kutip dan dengan titik: {number}.",
    "Must be a number, without quotes and with a point: {number}.",
)
_NOT_FINITE: Final = Text("Harus angka berhingga.", "Must be a finite number.")
_IMPOSSIBLE: Final = Text("Di luar rentang yang mungkin ({limits}).", "Outside the possible range ({limits}).")
_NOT_BELOW: Final = Text(
    "{name} ({value}) harus lebih rendah dari {upper_name} ({upper}); mungkin tertukar?",
    "{name} ({value}) must be lower than {upper_name} ({upper}); are they swapped?",
)
_WRITTEN_NUMBER: Final = re.compile(r"[0-9]{1,3}([.,][0-9]{1,3})?")
_WORD: Final = re.compile(r"[a-z]{3,}")
_LONGEST_CODE: Final = 64
_SIMILARITY: Final = 0.6


def checked(
    catalog: Mapping[str, Observation], raw: Mapping[str, object]
) -> tuple[dict[str, Value], list[InputProblem]]:
    """Return the usable observations by code (quantities in the catalog's unit) and every fault."""
    values: dict[str, Value] = {}
    problems: list[InputProblem] = []
    for code, value in raw.items():
        observation = catalog.get(code)
        if observation is None:
            problems.append(_problem(code, "unknown_observation", _unknown(catalog, code)))
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
        return _problem(observation.code, "not_a_number", _not_a_number(value))
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
        if upper is not None and isinstance(value, float) and isinstance(other, float) and value >= other:
            problems.append(_problem(code, "not_below", _not_below(catalog[code], value, catalog[upper], other)))
    return problems


def _not_below(observation: Observation, value: float, upper: Observation, other: float) -> Text:
    name, upper_name = observation.label, upper.label
    numbers = {"value": f"{value:g}", "upper": f"{other:g}"}
    return Text(
        _NOT_BELOW.id.format(name=name.id, upper_name=upper_name.id.lower(), **numbers),
        _NOT_BELOW.en.format(name=name.en, upper_name=upper_name.en.lower(), **numbers),
    )


def _not_a_number(value: object) -> Text:
    if isinstance(value, str) and _WRITTEN_NUMBER.fullmatch(value.strip()):
        return _WRITTEN.format(number=value.strip().replace(",", "."))
    return _NOT_NUMBER


def _unknown(catalog: Mapping[str, Observation], code: str) -> Text:
    """Return the sentence with the code whose name, or a word of whose label, is nearest."""
    sent = code.lower()
    if len(sent) > _LONGEST_CODE:
        return _UNKNOWN
    names = {word: each.code for each in reversed(list(catalog.values())) for word in _names_of(each)}
    nearest = get_close_matches(sent, names, n=1, cutoff=_SIMILARITY)
    return _SIMILAR.format(code=names[nearest[0]]) if nearest else _UNKNOWN


def _names_of(observation: Observation) -> Iterator[str]:
    for text in (observation.code, observation.label.id.lower(), observation.label.en.lower()):
        yield text
        yield from _WORD.findall(text)


def _problem(code: str, kind: str, message: Text) -> InputProblem:
    token = code.replace("~", "~0").replace("/", "~1")
    return InputProblem(f"/observations/{token}", kind, message)
