"""Rules over the pods: images, probes, resources, what they may do, what they keep, how they end, where they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from deploy.images.pins import is_pinned
from deploy.k8s.objects import Object, Pod, Rendering, selects
from deploy.k8s.product import SECRETS
from ilp_shared.secrets import SUFFIX

_LIVE, _READY = "/health/live", "/health/ready"
_SECRET: Final = re.compile(r"PASSWORD|SECRET|TOKEN|_KEY$|DATABASE_URL|_URL$|CREDENTIAL")
_CLOSES_S: Final = 20
"""After draining a process closes its connections within so many seconds."""
_UNITS: Final = {
    "m": 1e-3,
    "": 1.0,
    "k": 1e3,
    "M": 1e6,
    "G": 1e9,
    "T": 1e12,
    "Ki": 2**10,
    "Mi": 2**20,
    "Gi": 2**30,
    "Ti": 2**40,
}


def images(rendering: Rendering) -> Iterator[str]:
    """Require that every image is named by a digest: a tag may be another program tomorrow."""
    for pod in rendering.pods:
        for container in pod.containers:
            if not is_pinned(container.get("image", ""), use="kubernetes"):
                yield f"{_at(pod)}: image {container.get('image')!r} has no digest: pin it"
    for where, image in _other_images(rendering):
        if not is_pinned(image, use="kubernetes"):
            yield f"{where}: image {image!r} has no digest: pin it"


def _other_images(rendering: Rendering) -> Iterator[tuple[str, str]]:
    for kafka in rendering.of("Kafka"):
        yield "Kafka", kafka["spec"]["kafka"].get("image", "")
        for part in ("topicOperator", "userOperator"):
            yield f"Kafka {part}", kafka["spec"].get("entityOperator", {}).get(part, {}).get("image", "")
    for catalog in rendering.of("ImageCatalog"):
        for entry in catalog["spec"]["images"]:
            yield "ImageCatalog", entry["image"]


def probes(rendering: Rendering) -> Iterator[str]:
    """Require three probes of what serves; liveness asks the process only: a restart corrects no database."""
    for pod in rendering.pods:
        if not pod.serves:
            continue
        for container in pod.spec["containers"]:
            for kind, path in (("startupProbe", _LIVE), ("livenessProbe", _LIVE), ("readinessProbe", _READY)):
                asked = container.get(kind, {}).get("httpGet", {}).get("path")
                if asked != path:
                    yield f"{_at(pod)}: {kind} must ask {path}, not {asked}"


def quantity(value: object) -> float:
    """Return a quantity of Kubernetes as a number; raises ValueError."""
    match = re.fullmatch(r"([0-9.]+)([a-zA-Z]*)", str(value))
    if match is None or match[2] not in _UNITS:
        raise ValueError(f"no quantity: {value!r}")
    return float(match[1]) * _UNITS[match[2]]


def resources(rendering: Rendering) -> Iterator[str]:
    """Require of every container what it asks for, and a limit of memory that is not below it."""
    for pod in rendering.pods:
        for container in pod.containers:
            yield from _resources(_at(pod), container.get("resources", {}))
    for each in rendering.of("Cluster", "KafkaNodePool"):
        yield from _resources(f"{each['kind']} {each['metadata']['name']}", each["spec"].get("resources", {}))


def _resources(where: str, declared: Object) -> Iterator[str]:
    requests, limits = declared.get("requests", {}), declared.get("limits", {})
    for name in ("cpu", "memory"):
        if name not in requests:
            yield f"{where}: asks for no {name}"
    if "memory" not in limits:
        yield f"{where}: has no limit of memory"
    for name, limit in limits.items():
        if name in requests and quantity(requests[name]) > quantity(limit):
            yield f"{where}: asks for more {name} than its limit"


def security(rendering: Rendering) -> Iterator[str]:
    """Require pods that PodSecurity calls restricted, with a read-only root file system and without a token."""
    for pod in rendering.pods:
        where, context = _at(pod), pod.spec.get("securityContext", {})
        if context.get("runAsNonRoot") is not True or context.get("runAsUser") == 0:
            yield f"{where}: may run as root"
        if context.get("seccompProfile", {}).get("type") != "RuntimeDefault":
            yield f"{where}: has no seccomp profile"
        if pod.spec.get("automountServiceAccountToken") is not False:
            yield f"{where}: has a token of the API server"
        for name in ("hostNetwork", "hostPID", "hostIPC"):
            if pod.spec.get(name):
                yield f"{where}: {name}"
        for container in pod.containers:
            yield from _container_security(where, container.get("securityContext", {}), container)


def _container_security(where: str, context: Object, container: Object) -> Iterator[str]:
    if context.get("privileged") or context.get("allowPrivilegeEscalation") is not False:
        yield f"{where}: may gain privileges"
    if context.get("readOnlyRootFilesystem") is not True:
        yield f"{where}: may write to its image"
    if context.get("capabilities", {}).get("drop") != ["ALL"] or context.get("capabilities", {}).get("add"):
        yield f"{where}: keeps capabilities"
    if any("hostPort" in port for port in container.get("ports", [])):
        yield f"{where}: listens on its machine"


def volumes(rendering: Rendering) -> Iterator[str]:
    """Require pods that keep nothing: volumes are secrets, and memory for temporary files."""
    for pod in rendering.pods:
        for volume in pod.spec.get("volumes", []):
            kind = next(key for key in volume if key != "name")
            if kind == "emptyDir" and volume[kind].get("medium") == "Memory" and "sizeLimit" in volume[kind]:
                continue
            if kind not in ("projected", "secret"):
                yield f"{_at(pod)}: volume {volume['name']} is of kind {kind}"


def secrets(rendering: Rendering) -> Iterator[str]:
    """Require files for secrets: an environment shows in dumps, and to everyone who may look at the pod."""
    for pod in rendering.pods:
        for container in pod.containers:
            if any("secretRef" in source for source in container.get("envFrom", [])):
                yield f"{_at(pod)}: a whole Secret is in the environment"
            for variable in container.get("env", []):
                if is_secret(variable):
                    yield f"{_at(pod)}: {variable['name']} is a secret in the environment: mount it as a file"


def is_secret(variable: Mapping[str, object]) -> bool:
    """Tell whether a variable holds a secret, or looks as if it did."""
    source = variable.get("valueFrom")
    if isinstance(source, Mapping) and "secretKeyRef" in source:
        return True
    name, value = str(variable["name"]), str(variable.get("value", ""))
    return bool(_SECRET.search(name.removesuffix(SUFFIX))) and not (
        name.endswith(SUFFIX) and value.startswith(f"{SECRETS}/")
    )


def endings(rendering: Rendering) -> Iterator[str]:
    """Require that a pod has time to drain and to close before it is killed."""
    for pod in rendering.pods:
        drains = [
            float(variable["value"])
            for container in pod.containers
            for variable in container.get("env", [])
            if variable["name"].endswith("_DRAIN_S")
        ]
        if pod.labels.get("app.kubernetes.io/component") == "api" and not drains:
            yield f"{_at(pod)}: ends without draining"
        if pod.spec.get("terminationGracePeriodSeconds", 30) < max(drains, default=0) + _CLOSES_S:
            yield f"{_at(pod)}: is killed before it has drained and closed"


def spread(rendering: Rendering) -> Iterator[str]:
    """Require that pods of a workload are spread over zones and machines, by labels of their own."""
    for pod in rendering.pods:
        if not pod.serves:
            continue
        constraints = pod.spec.get("topologySpreadConstraints", [])
        keys = {each["topologyKey"] for each in constraints}
        if keys != {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}:
            yield f"{_at(pod)}: is not spread over zones and machines"
        for each in constraints:
            selector = each["labelSelector"]
            if not selector.get("matchLabels") or not selects(selector, pod.labels):
                yield f"{_at(pod)}: is spread by labels that it does not have"
            if each.get("matchLabelKeys") != ["pod-template-hash"]:
                yield f"{_at(pod)}: is spread together with the release before, which leaves gaps when it goes"
            if each.get("nodeTaintsPolicy") != "Honor":
                yield f"{_at(pod)}: counts machines that are gone when it is spread"


def _at(pod: Pod) -> str:
    return f"{pod.kind} {pod.name}"
