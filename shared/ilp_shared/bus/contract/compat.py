"""The compatibility of JSON Schemas: a new schema of an event must read what the old one allowed. Pure.

Inside a major version an event may only grow, because consumers replay archives that old code wrote. A break is a
removed property, a newly required one, or a narrower type, choice, format or bound.
"""

from collections.abc import Mapping
from typing import Any, Final

Schema = Mapping[str, Any]
_LOWER: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_SAME: Final = ("pattern", "format", "multipleOf", "uniqueItems")


def breaks(old: Schema, new: Schema) -> list[str]:
    """Return each break by JSON pointer; empty if `new` reads everything that `old` allowed."""
    return _Comparison(old, new).compare(old, new, "")


class _Comparison:
    """Two documents, each with its own `$ref`s; pairs that are being compared are stored, so that circles end."""

    def __init__(self, old: Schema, new: Schema) -> None:
        self._old, self._new = old, new
        self._open: set[tuple[int, int]] = set()

    def compare(self, old: Schema, new: Schema, at: str) -> list[str]:
        """Return the breaks of one part of both documents."""
        old, new = _resolve(self._old, old), _resolve(self._new, new)
        pair = (id(old), id(new))
        if pair in self._open:
            return []
        self._open.add(pair)
        try:
            return self._compare_unions(old, new, at)
        finally:
            self._open.discard(pair)

    def _compare_unions(self, old: Schema, new: Schema, at: str) -> list[str]:
        before = [_resolve(self._old, choice) for choice in _alternatives(old)]
        after = [_resolve(self._new, choice) for choice in _alternatives(new)]
        if len(before) == len(after) == 1:
            return self._compare_plain(before[0], after[0], at)
        reasons = []
        for choice in before:
            if all(self.compare(choice, candidate, at) for candidate in after):
                reasons.append(f"{at or '/'}: {_name(choice)} is no longer allowed")
        return reasons

    def _compare_plain(self, old: Schema, new: Schema, at: str) -> list[str]:
        reasons = _narrowed_values(old, new, at) + _narrowed_bounds(old, new, at)
        reasons += self._compare_properties(old, new, at)
        if isinstance(new.get("items"), Mapping):
            reasons += self.compare(old.get("items", {}), new["items"], f"{at}/items")
        return reasons

    def _compare_properties(self, old: Schema, new: Schema, at: str) -> list[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        reasons = [f"{at}/{name}: removed" for name in before if name not in after]
        required = set(new.get("required", ())) - set(old.get("required", ()))
        reasons += [f"{at}/{name}: newly required" for name in sorted(required)]
        for name in before:
            if name in after:
                reasons += self.compare(before[name], after[name], f"{at}/{name}")
        extra_before, extra_after = old.get("additionalProperties", True), new.get("additionalProperties", True)
        if extra_after is False and extra_before is not False:
            reasons.append(f"{at or '/'}: further properties are no longer allowed")
        elif isinstance(extra_after, Mapping) and extra_before is not False:
            inner = extra_before if isinstance(extra_before, Mapping) else {}
            reasons += self.compare(inner, extra_after, f"{at}/*")
        return reasons


def _resolve(document: Schema, schema: Schema) -> Schema:
    while "$ref" in schema:
        target: Any = document
        for part in str(schema["$ref"]).removeprefix("#/").split("/"):
            target = target[part]
        schema = target
    return schema


def _alternatives(schema: Schema) -> list[Schema]:
    for union in ("anyOf", "oneOf"):
        if union in schema:
            return list(schema[union])
    types = schema.get("type")
    return [{**schema, "type": one} for one in types] if isinstance(types, list) else [schema]


def _narrowed_values(old: Schema, new: Schema, at: str) -> list[str]:
    where = at or "/"
    old_type, new_type = old.get("type"), new.get("type")
    if new_type is not None and new_type != old_type and not (old_type == "integer" and new_type == "number"):
        return [f"{where}: type {old_type or 'any'} became {new_type}"]
    before, after = _choices(old), _choices(new)
    if after is not None and before is None:
        return [f"{where}: only certain values are allowed now"]
    lost = [] if after is None or before is None else [value for value in before if value not in after]
    return [f"{where}: value {value!r} is no longer allowed" for value in lost]


def _choices(schema: Schema) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    return schema.get("enum")


def _narrowed_bounds(old: Schema, new: Schema, at: str) -> list[str]:
    reasons = [
        f"{at or '/'}: {key} is new or tighter" for key in _LOWER if key in new and not old.get(key, _LEAST) >= new[key]
    ]
    reasons += [
        f"{at or '/'}: {key} is new or tighter" for key in _UPPER if key in new and not old.get(key, _MOST) <= new[key]
    ]
    reasons += [f"{at or '/'}: {key} is new or another" for key in _SAME if key in new and old.get(key) != new[key]]
    return reasons


_LEAST: Final = float("-inf")
_MOST: Final = float("inf")


def _name(schema: Schema) -> str:
    return str(schema.get("title") or schema.get("format") or schema.get("type") or "this form")
