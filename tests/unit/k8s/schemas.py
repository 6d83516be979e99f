"""Schemas of the manifests' kinds: Kubernetes' own from a package, those of operators from their definitions.

Definitions are made strict, as an API server with strict validation is: a field that they do not know is a fault.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import yaml

from deploy.k8s.objects import Object
from deploy.k8s.product import FOLDER

VERSION = "1.36"
CRDS = FOLDER / "crds"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Schema = dict[str, Any]


@cache
def definitions() -> Mapping[tuple[str, str], Path]:
    """Return the file of each operator's kind by group and kind."""
    paths = {}
    for path in sorted(CRDS.glob("*.yaml")):
        words = {"group": "", "kind": ""}
        for line in path.read_text(encoding="utf-8").splitlines():
            name, _, value = line.strip().partition(": ")
            depth = len(line) - len(line.lstrip())
            if (name, depth) in (("group", 2), ("kind", 4)) and not words[name]:
                words[name] = value
        paths[words["group"], words["kind"]] = path
    return paths


@cache
def schema_of(group: str, kind: str, version: str) -> Schema | None:
    """Return the strict schema of an operator's kind; None where the version is not served."""
    definition = yaml.load(definitions()[group, kind].read_text(encoding="utf-8"), Loader=_LOADER)
    for each in definition["spec"]["versions"]:
        if each["name"] == version and each["served"]:
            schema: Schema = each["schema"]["openAPIV3Schema"]
            schema["properties"]["metadata"] = {"type": "object"}
            _make_strict(schema)
            return schema
    return None


def _make_strict(schema: Schema) -> None:
    if schema.pop("x-kubernetes-int-or-string", False):
        schema["type"] = ["integer", "string"]
    if "properties" in schema and not schema.get("x-kubernetes-preserve-unknown-fields"):
        schema.setdefault("additionalProperties", False)
    for part in [*schema.get("properties", {}).values(), schema.get("items"), schema.get("additionalProperties")]:
        if isinstance(part, dict):
            _make_strict(part)


def faults_of(each: Object) -> Iterator[str]:
    """Yield what a schema refuses of an object."""
    group, _, version = each["apiVersion"].rpartition("/")
    if (group, each["kind"]) not in definitions():
        try:
            kubernetes_validate.validate(each, VERSION, strict=True)
        except (kubernetes_validate.ValidationError, kubernetes_validate.SchemaNotFoundError) as error:
            yield f"{each['kind']}: {error}"
        return
    schema = schema_of(group, each["kind"], version)
    if schema is None:
        yield f"{each['kind']}: {each['apiVersion']} is not served"
        return
    for fault in jsonschema.Draft7Validator(schema).iter_errors(each):
        yield f"{each['kind']}: {fault.json_path}: {fault.message}"
