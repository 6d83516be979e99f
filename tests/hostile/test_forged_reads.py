"""Forged reads: every query parameter of every route of the four OpenAPI documents, cursors above all.

What no page has given, what lies beyond the database's types, and text that it cannot hold are refused as input, with
their place; never a 5xx.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
import orjson
import pytest

from tests.access.objects import HOME, OPENERS
from tests.hostile.conftest import Target

Json = dict[str, Any]
ID = "01890000-0000-7000-8000-000000000001"
REQUIRED = {"area": HOME, "shard": "0"}
EXTREMES = (
    "\0", "", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "1899-12-31T23:59:59+00:00", "infinity",
    "-infinity", "2201-01-01T00:00:00+00:00", "0001-01-01", "9999-12-31", "2026-13-01", "NaN", str(2**63), "1e400",
    "x" * 1_100, "\u202e", "%00", "'; --",
)  # fmt: skip
"""Parts of a cursor of one to three parts; some are a sound key of a list that is sorted by text."""
NO_CURSORS: tuple[object, ...] = (
    [], {}, None, 1, "x", [None], [1, ID], [True], [["x"]], [{"a": 1}], ["\0", ID], ["a", "\0", "b"], ["x"] * 9,
    [str(2**63)] * 5, [[[[[[]]]]]],
)  # fmt: skip
"""What no list of the platform gives as a cursor."""
RAW_CURSORS = ("!", "%00", "====", "WyJ4Il", "e30", "bnVsbA", "W10=", "é", "💉", "W" * 1_999, "W" * 2_001)
INTEGERS = (
    str(2**63),
    str(2**64),
    "-1",
    "-" + "9" * 19,
    "9" * 40,
    "1e3",
    "0x1",
    "x",
    "\0",
    "٣",
    "",
    "1.0",
    "+1",
    "1_0",
    " 1 ",
    "0" * 27,
)
LISTS = {"registry": 3, "screening": 2, "cluster-services": 1, "monitoring": 1}
"""How many lists of a service have pages."""
DATES = ("0", "1709251200", "20240301", "2024-03-01T00:00:00Z", "0001-01-01", "9999-12-31", "-infinity", "x", "\0", "")
INSTANTS = (
    "0", "1709251200", "2026-11-29", "2026-11-29T08:00:00", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59",
    "1899-12-31T23:59:59Z", "2201-01-01T00:00:00Z", "infinity", "x", "\0", "",
)  # fmt: skip
IDS = ("0", "x", "\0", ID[:-1], f"{ID}0", "")
TEXTS = ("\0", "x" * 5_000)


def cursor_of(value: object) -> str:
    """Return a cursor that holds any JSON value."""
    return base64.urlsafe_b64encode(orjson.dumps(value)).decode().rstrip("=")


def keys() -> Iterator[list[str]]:
    """Yield sort keys of one to three parts, one of them extreme."""
    for part in EXTREMES:
        yield from (
            [part],
            [part, ID],
            [ID, part],
            [part, "2026-11", "D_S"],
            [HOME, part, "D_S"],
            [HOME, "2026-11", part],
        )


@dataclass(frozen=True)
class Parameter:
    """One query parameter of one route."""

    path: str
    name: str
    schema: Json
    required: tuple[str, ...]
    """The parameters without which the route refuses."""

    def __str__(self) -> str:
        """Name it in reports."""
        return f"{self.path} {self.name}"


def parameters_of(document: Json) -> Iterator[Parameter]:
    """Yield every query parameter of a document."""
    for path, operations in document["paths"].items():
        for operation in operations.values():
            queries = [each for each in operation.get("parameters", ()) if each["in"] == "query"]
            required = tuple(each["name"] for each in queries if each.get("required"))
            for each in queries:
                yield Parameter(path, each["name"], each["schema"], required)


def forged(parameter: Parameter) -> tuple[str, ...]:
    """Return values that are none of a parameter, by its type."""
    schema = parameter.schema
    choices = [choice for choice in schema.get("anyOf", (schema,)) if choice.get("type") != "null"]
    kind, form = choices[0].get("type"), choices[0].get("format")
    if kind == "integer":
        return INTEGERS
    return {"date": DATES, "date-time": INSTANTS, "uuid": IDS}.get(str(form), TEXTS)


async def ask(target: Target, parameter: Parameter, value: str) -> httpx2.Response:
    """Send one value of one parameter, with what the route needs beside it."""
    path = parameter.path
    for name, known in target.reach.ids.items():
        path = path.replace(f"{{{name}}}", known)
    query = {name: REQUIRED[name] for name in parameter.required} | {parameter.name: value}
    if parameter.path in target.reach.lists:
        query = target.reach.lists[parameter.path] | query
    headers = target.authorization(target.role_for("GET", parameter.path))
    return await target.reach.client.get(path, params=query, headers=headers)


def refused(answer: httpx2.Response, name: str) -> bool:
    """Tell whether an answer is a problem that names a parameter."""
    pointers = [error["pointer"] for error in answer.json().get("errors", ())]
    return answer.status_code == 422 and any(pointer.startswith(f"/query/{name}") for pointer in pointers)


@pytest.mark.parametrize("name", OPENERS)
async def test_what_is_no_value_of_a_parameter_is_refused_at_its_place(targets: dict[str, Target], name: str) -> None:
    target, tried, wrong = targets[name], 0, []
    for parameter in parameters_of(target.reach.app.openapi()):
        for value in RAW_CURSORS if parameter.name == "cursor" else forged(parameter):
            answer = await ask(target, parameter, value)
            tried += 1
            if not refused(answer, parameter.name):
                wrong.append(f"{parameter} {value[:40]!a}: {answer.status_code}")
    assert tried > 40
    assert wrong == []


@pytest.mark.parametrize("name", OPENERS)
async def test_a_forged_cursor_is_refused_and_breaks_nothing(targets: dict[str, Target], name: str) -> None:
    target, lists, wrong = targets[name], 0, []
    for parameter in parameters_of(target.reach.app.openapi()):
        if parameter.name != "cursor":
            continue
        lists += 1
        for value in (*NO_CURSORS, *keys()):
            answer = await ask(target, parameter, cursor_of(value))
            codes = [error["code"] for error in answer.json().get("errors", ())]
            success = isinstance(value, list) and answer.status_code == 200 and "\0" not in value
            if codes != ["unknown_cursor"] and not (success and value not in NO_CURSORS):
                wrong.append(f"{parameter} {value!a:.60}: {answer.status_code} {codes}")
    assert lists >= LISTS[name], "the lists were not found"
    assert wrong == []


async def test_the_cases_that_were_found(targets: dict[str, Target]) -> None:
    monitoring = targets["monitoring"]
    cells = Parameter("/v1/cells", "cursor", {}, ("area",))
    answer = await ask(monitoring, cells, "WyJcdTAwMDAiLCIyMDI2LTExIiwiRF9TIl0")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "unknown_cursor")
    stream = Parameter("/v1/situations/{area}/stream", "last", {}, ())
    answer = await ask(monitoring, stream, "9223372036854775808")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/query/last")
