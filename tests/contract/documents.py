"""The OpenAPI documents of all services: read, and searched for faults (`python -m tests.contract.documents`).

Valid means: the specification's own schema accepts the document, and every reference leads to something.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from openapi_spec_validator import OpenAPIV31SpecValidator

from deploy.dev.access_table import app_of
from deploy.dev.config import SERVICES

Document = dict[str, Any]
NAMES = [service.name for service in SERVICES]
_SEPARATOR = re.compile(r"\s/\s|\n\n")
_BREAK = "\v"
_WORD = re.compile(r"[a-z0-9]+")
_EMPTY = {"the", "a", "an", "of", "this", "that", "its", "for", "field", "value"}


@cache
def document_of(name: str) -> Document:
    """Return the OpenAPI document of a service, as it serves it."""
    (service,) = (service for service in SERVICES if service.name == name)
    return app_of(service).openapi()


def faults_of(document: Document) -> list[str]:
    """Return what makes a document invalid: references that lead nowhere, and what the specification forbids."""
    dangling = [f"dangling reference {ref}" for ref in sorted(set(references(document))) if not leads(document, ref)]
    if dangling:
        return dangling  # the validator would stop at the first
    return [error.message.partition("\n")[0] for error in OpenAPIV31SpecValidator(document).iter_errors()]


def references(node: object) -> Iterator[str]:
    """Yield every reference of a document."""
    if isinstance(node, Mapping):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for child in node.values():
            yield from references(child)
    elif isinstance(node, list):
        for child in node:
            yield from references(child)


def leads(document: Document, reference: str) -> bool:
    """Tell whether a reference leads to a part of the document."""
    node: Any = document
    for part in reference.removeprefix("#/").split("/"):
        if not isinstance(node, Mapping) or part not in node:
            return False
        node = node[part]
    return reference.startswith("#/")


def write_examples(document: Document) -> Iterator[tuple[str, str, Any]]:
    """Yield method, path and example of each body; None where there is no example."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if "requestBody" in operation:
                schema = operation["requestBody"]["content"]["application/json"]["schema"]
                names = [name.rpartition("/")[2] for name in references(schema)]
                examples = [document["components"]["schemas"][name].get("examples", [None]) for name in names]
                yield method, path, examples[0][0] if examples else None


def descriptions(document: Document) -> Iterator[tuple[str, str, str | None]]:
    """Yield place, name and description of every schema, property and parameter."""
    for name, schema in document["components"]["schemas"].items():
        yield name, name, schema.get("description")
        yield from _properties(name, schema)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for each in operation.get("parameters", []):
                text = each.get("description") or each["schema"].get("description")
                yield f"{method} {path}", each["name"], text


def _properties(place: str, schema: Mapping[str, Any]) -> Iterator[tuple[str, str, str | None]]:
    for name, each in schema.get("properties", {}).items():
        yield place, name, each.get("description")
        yield from _properties(f"{place}.{name}", each)
        yield from _properties(f"{place}.{name}[]", each.get("items", {}))


def says_something(name: str, description: str | None) -> bool:
    """Tell whether a description has both languages, and an English half that says more than the field's name."""
    indonesian, _, english = _SEPARATOR.sub(_BREAK, description or "", count=1).partition(_BREAK)
    new = set(_WORD.findall(english.lower())) - set(_WORD.findall(name.lower())) - _EMPTY
    return bool(indonesian.strip() and new)


def main() -> int:
    """Check all documents; return 1 if one has a fault."""
    faults = [f"{name}: {fault}" for name in NAMES for fault in faults_of(document_of(name))]
    sys.stderr.writelines(f"{fault}\n" for fault in faults)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
