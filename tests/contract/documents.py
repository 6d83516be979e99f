"""The OpenAPI documents of all services: read, and searched for faults (`python -m tests.contract.documents`).

Valid means: the specification's own schema accepts the document, and every reference leads to something.
"""

import sys
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from openapi_spec_validator import OpenAPIV31SpecValidator

from deploy.dev.access_table import app_of
from deploy.dev.config import SERVICES

Document = dict[str, Any]
NAMES = [service.name for service in SERVICES]


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


def main() -> int:
    """Check all documents; return 1 if one has a fault."""
    faults = [f"{name}: {fault}" for name in NAMES for fault in faults_of(document_of(name))]
    sys.stderr.writelines(f"{fault}\n" for fault in faults)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
