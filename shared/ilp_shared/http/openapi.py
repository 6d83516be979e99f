"""What routes have in common in a service's OpenAPI document: tokens, keys, tags, and the problems of each status.

Reading one route there is enough to call it. The document is valid OpenAPI 3.1: each reference leads to a schema.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from fastapi import FastAPI

from ilp_shared.problems import KeyMissing, KeyReused, KeyUnusable, Problem, ProblemDocument, problems_of
from ilp_shared.text import Text
from ilp_shared.write.keys import KEY_SCHEMA

OPERATIONS: Final = "operasi"
"""The tag of the routes that every service has; the last one of each document."""
_OPERATIONS: Final = Text(
    "Kesehatan proses dan arsip peristiwa, untuk pengelola sistem dan integrasi.",
    "Health of the process and archive of events, for operators and integrators.",
)
_JSON: Final = Text("Nilai JSON apa pun", "any JSON value")
_REF: Final = "#/components/schemas/"
_COMMAND: Final = "Command"
_KEY_PROBLEMS: Final = (KeyMissing, KeyReused, KeyUnusable)
_PUBLIC: Final[list[object]] = []
_IDEMPOTENCY_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": (
        "UUID buatan klien; kiriman ulang dengan kunci yang sama mendapat jawaban yang sama / a UUID made by the"
        " client; the same request with the same key gets the same answer"
    ),
    "schema": KEY_SCHEMA,
}


def tags_of(tags: Mapping[str, Text]) -> list[dict[str, str]]:
    """Return the tags of a document in the order in which a newcomer needs them; operation comes last."""
    return [{"name": name, "description": text.both} for name, text in {**tags, OPERATIONS: _OPERATIONS}.items()]


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the `responses=` of a route: the given statuses, and those that are always possible."""
    return {status: _response(status) for status in {401, 403, 422, 429, 503, *statuses}}


def complete_document(app: FastAPI) -> None:
    """Add to the OpenAPI document what routes have in common."""
    describe = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            _complete(describe())
        return describe()

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend the document


def _complete(document: dict[str, Any]) -> None:
    components = document.setdefault("components", {})
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    document["security"] = [{"bearer": []}]
    for path in document["paths"].values():
        for method, operation in path.items():
            _complete_operation(method, operation)
    schemas = components.setdefault("schemas", {})
    schemas.get("JsonValue", {}).setdefault("description", _JSON.both)
    _add_problems(schemas)


def _complete_operation(method: str, operation: dict[str, Any]) -> None:
    """Add the refusals of bodies, and the Idempotency-Key of commands: the writes that document a conflict."""
    responses = operation["responses"]
    for response in responses.values():
        for media in response.get("content", {}).values():
            if media.pop("itemSchema", None) is not None:  # of OpenAPI 3.2, which FastAPI writes for event streams
                media["schema"] = {"type": "string"}
    is_public, is_read = operation.get("security") == _PUBLIC, method == "get"
    # An anonymous write is limited by its address (Guard), an anonymous read is not.
    for status in (*(("401", "403") if is_public else ()), *(("429",) if is_public and is_read else ())):
        responses.pop(status, None)
    if is_read:
        return
    responses |= {str(status): _response(status) for status in (408, 413)}
    if "409" in responses:
        operation.setdefault("parameters", []).append(_IDEMPOTENCY_KEY)
        responses["422"] = _response(422, _COMMAND)


def _response(status: int, prefix: str = "") -> dict[str, Any]:
    schema = {"$ref": f"{_REF}{prefix}Problem{status}"}
    title = problems_of(status)[0].title
    return {"description": title.both, "content": {"application/problem+json": {"schema": schema}}}


def _add_problems(schemas: dict[str, Any]) -> None:
    """Add one schema for each status, with the `type` values that it can have, and what these refer to."""
    form = ProblemDocument.model_json_schema(mode="serialization", ref_template=_REF + "{model}")
    for name, schema in form.pop("$defs").items():
        schemas.setdefault(name, schema)
    for status in sorted({kind.status for kind in problems_of()}):
        same = problems_of(status)
        with_key = [kind for kind in same if kind in _KEY_PROBLEMS]
        without_key = [kind for kind in same if kind not in with_key]
        schemas |= [_problem(form, f"Problem{status}", without_key)]
        if with_key:
            schemas |= [_problem(form, f"{_COMMAND}Problem{status}", same)]
    any_kind = {"type": _types(form, problems_of())}
    schemas["ProblemDocument"] = {**form, "properties": {**form["properties"], **any_kind}}


def _problem(form: Mapping[str, Any], name: str, kinds: list[type[Problem]]) -> tuple[str, dict[str, Any]]:
    """Return the name and the schema of these problems, which share a status."""
    status, text = kinds[0].status, kinds[0].title.both
    own = {"type": _types(form, kinds), "status": {**form["properties"]["status"], "const": status}}
    return name, {**form, "title": name, "description": text, "properties": {**form["properties"], **own}}


def _types(form: Mapping[str, Any], kinds: Iterable[type[Problem]]) -> dict[str, Any]:
    return {**form["properties"]["type"], "enum": sorted({kind.urn() for kind in kinds})}
