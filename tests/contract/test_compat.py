"""The compatibility checker: each kind of break is found, growth is not one."""

from copy import deepcopy
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ilp_shared.bus.contract import schemas
from ilp_shared.bus.contract.asyncapi import schema_path
from ilp_shared.bus.contract.catalog import EVENTS
from ilp_shared.bus.contract.compat import breaks

Json = dict[str, Any]
OLD: Json = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "kind": {"enum": ["a", "b"], "type": "string"},
        "count": {"type": "integer", "minimum": 0},
        "share": {"type": "number"},
        "area": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        "parts": {"type": "array", "items": {"$ref": "#/$defs/Part"}},
    },
    "$defs": {
        "Part": {
            "type": "object",
            "properties": {"code": {"type": "string", "maxLength": 9}, "of": {"$ref": "#/$defs/Part"}},
        }
    },
}


def changed(*path: str, to: object = None) -> Json:
    """Return OLD with one place replaced, or removed."""
    new = deepcopy(OLD)
    place: Any = new
    for part in path[:-1]:
        place = place[part]
    if to is None:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return new


BREAKS = {
    "removed property": (changed("properties", "share"), "/share: removed"),
    "new required": (changed("required", to=["id", "kind"]), "/kind: newly required"),
    "required property added": (
        changed("properties", "new", to={"type": "string"}) | {"required": ["id", "new"]},
        "/new: newly required",
    ),
    "other type": (changed("properties", "share", to={"type": "string"}), "/share: type number became string"),
    "number to integer": (changed("properties", "share", to={"type": "integer"}), "/share: type"),
    "value removed": (changed("properties", "kind", "enum", to=["a"]), "/kind: value 'b'"),
    "enum to const": (changed("properties", "kind", to={"const": "a", "type": "string"}), "/kind: value 'b'"),
    "choice introduced": (changed("properties", "share", "enum", to=[1]), "/share: only certain values"),
    "null refused": (changed("properties", "area", to={"type": "string"}), "/area: null is no longer allowed"),
    "tighter minimum": (changed("properties", "count", "minimum", to=1), "/count: minimum"),
    "maximum introduced": (changed("properties", "count", "maximum", to=5), "/count: maximum"),
    "pattern introduced": (changed("properties", "id", "pattern", to="^x"), "/id: pattern"),
    "other format": (changed("properties", "id", "format", to="date"), "/id: format"),
    "closed": (changed("additionalProperties", to=False) | {}, "further properties"),
    "inside items": (changed("$defs", "Part", "properties", "code"), "/parts/items/code: removed"),
    "inside items, tighter": (
        changed("$defs", "Part", "properties", "code", "maxLength", to=8),
        "/parts/items/code: max",
    ),
    "inside items, required": (changed("$defs", "Part", "required", to=["code"]), "/parts/items/code: newly required"),
}
GROWTH = {
    "nothing": OLD,
    "new optional property": changed("properties", "new", to={"type": "string"}),
    "value added": changed("properties", "kind", "enum", to=["a", "b", "c"]),
    "choice lifted": changed("properties", "kind", to={"type": "string"}),
    "integer to number": changed("properties", "count", to={"type": "number", "minimum": 0}),
    "null allowed": changed("properties", "share", to={"anyOf": [{"type": "number"}, {"type": "null"}]}),
    "null allowed by list": changed("properties", "share", to={"type": ["number", "null"]}),
    "bound lifted": changed("properties", "count", "minimum"),
    "no longer required": changed("required"),
    "texts": changed("properties", "id", "description", to="x"),
    "definition moved": changed(
        "properties", "parts", "items", to={"type": "object", "properties": OLD["$defs"]["Part"]["properties"]}
    ),
}


@pytest.mark.parametrize("name", BREAKS)
def test_break_is_found(name: str) -> None:
    new, expected = BREAKS[name]
    assert any(expected in reason for reason in breaks(OLD, new)), breaks(OLD, new)


@pytest.mark.parametrize("name", GROWTH)
def test_growth_is_compatible(name: str) -> None:
    assert breaks(OLD, GROWTH[name]) == []


@pytest.mark.parametrize("event_type", sorted(EVENTS))
@given(data=st.data())
def test_every_property_and_choice_of_every_event_is_guarded(event_type: str, data: st.DataObject) -> None:
    old = orjson.loads((schemas.FOLDER / schema_path(event_type)).read_bytes())
    assert breaks(old, old) == []
    name = data.draw(st.sampled_from(sorted(old["properties"])))
    new = deepcopy(old)
    del new["properties"][name]
    assert f"/{name}: removed" in breaks(old, new)
    new = deepcopy(old)
    new["required"] = [*old["required"], "invented"]
    assert "/invented: newly required" in breaks(old, new)
    if "enum" in old["properties"][name]:
        new = deepcopy(old)
        gone = new["properties"][name]["enum"].pop()
        assert f"/{name}: value {gone!r} is no longer allowed" in breaks(old, new)
