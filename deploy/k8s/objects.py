"""A rendering as objects: read once, and the pods that its workloads make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

Object = Mapping[str, Any]
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Pod:
    """The pods that a workload makes."""

    kind: str
    name: str
    labels: Mapping[str, str]
    spec: Object

    @property
    def serves(self) -> bool:
        """Whether it runs until it is stopped, and not to an end of its own."""
        return self.kind in ("Deployment", "StatefulSet", "DaemonSet")

    @property
    def containers(self) -> list[Object]:
        """All containers, those that run first included."""
        return [*self.spec.get("initContainers", []), *self.spec.get("containers", [])]


@dataclass(frozen=True)
class Rendering:
    """The objects that one preset renders to."""

    objects: Sequence[Object]

    @classmethod
    def read(cls, text: str) -> Rendering:
        """Read YAML of one or more documents."""
        return cls([each for each in yaml.load_all(text, Loader=_LOADER) if each])

    def of(self, *kinds: str) -> list[Object]:
        """Return the objects of some kinds."""
        return [each for each in self.objects if each["kind"] in kinds]

    def get(self, kind: str, name: str) -> Object | None:
        """Return one object."""
        return next((each for each in self.of(kind) if name_of(each) == name), None)

    @property
    def pods(self) -> Iterator[Pod]:
        """The pods of every workload of Kubernetes' own kinds."""
        for each in self.objects:
            kind = each["kind"]
            if kind in ("Deployment", "StatefulSet", "DaemonSet", "Job"):
                template = each["spec"]["template"]
            elif kind == "CronJob":
                template = each["spec"]["jobTemplate"]["spec"]["template"]
            else:
                continue
            labels = template.get("metadata", {}).get("labels", {})
            yield Pod(kind, name_of(each), labels, template["spec"])


def name_of(each: Object) -> str:
    """Return the name of an object."""
    return str(each["metadata"]["name"])


def selects(selector: Object, labels: Mapping[str, str]) -> bool:
    """Tell whether a label selector matches; an empty one matches everything."""
    if any(labels.get(key) != value for key, value in selector.get("matchLabels", {}).items()):
        return False
    return all(_fits(need, labels) for need in selector.get("matchExpressions", []))


def _fits(need: Object, labels: Mapping[str, str]) -> bool:
    value, values = labels.get(need["key"]), need.get("values", [])
    present = value is not None
    return {
        "In": value in values,
        "NotIn": value not in values,
        "Exists": present,
        "DoesNotExist": not present,
    }[need["operator"]]


def strings(node: object) -> Iterator[str]:
    """Yield every text inside an object."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, Mapping):
        for value in node.values():
            yield from strings(value)
    elif isinstance(node, list):
        for value in node:
            yield from strings(value)
