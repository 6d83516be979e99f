"""Rules over a rendering as a whole: its namespace, names that lead somewhere, versions, the site's values, secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from deploy.k8s.objects import Object, Rendering, name_of, selects, strings
from deploy.observability.rules import groups
from deploy.observability.slo import catalogue

JOB_LABEL: Final = "ilp-job"
"""Label of services and pods with the name of the job, which alerts and dashboards go by."""
_LEVELS: Final = ("enforce", "audit", "warn")
_NO_NAMESPACE: Final = ("Namespace", "CustomResourceDefinition")
_PLACEHOLDER: Final = re.compile(r"\.invalid\b|^site$|^192\.0\.2\.")
_SECRET: Final = re.compile(r"-----BEGIN|postgresql://[^/\s]*:[^/\s]*@|(?i:password)\s*[:=]")
_SERVED: Final = {
    "kafka.strimzi.io": "v1",
    "postgresql.cnpg.io": "v1",
    "keda.sh": "v1alpha1",
    "gateway.networking.k8s.io": "v1",
    "cert-manager.io": "v1",
    "monitoring.coreos.com": "v1",
}


def namespace(rendering: Rendering) -> Iterator[str]:
    """Require one namespace for everything, in which PodSecurity enforces `restricted`."""
    spaces = rendering.of("Namespace")
    for each in spaces:
        for level in _LEVELS:
            if each["metadata"].get("labels", {}).get(f"pod-security.kubernetes.io/{level}") != "restricted":
                yield f"Namespace {name_of(each)}: {level} is not restricted"
    names = {name_of(each) for each in spaces}
    for each in rendering.objects:
        if each["kind"] not in _NO_NAMESPACE and each["metadata"].get("namespace") not in names:
            yield f"{each['kind']} {name_of(each)}: is in no namespace of this rendering"


def references(rendering: Rendering) -> Iterator[str]:
    """Require that services, routes, monitors and accounts lead to something."""
    pods = list(rendering.pods)
    for each in rendering.of("Service"):
        if not any(selects({"matchLabels": each["spec"]["selector"]}, pod.labels) for pod in pods):
            yield f"Service {name_of(each)}: leads to no pod"
    for each in rendering.of("ServiceMonitor", "PodMonitor"):
        yield from _monitor(rendering, each)
    for pod in pods:
        if rendering.get("ServiceAccount", pod.spec.get("serviceAccountName", "")) is None:
            yield f"{pod.kind} {pod.name}: its ServiceAccount is missing"
    for each in rendering.of("HTTPRoute"):
        yield from _route(rendering, each)


def alerts(rendering: Rendering) -> Iterator[str]:
    """Require every rule of Prometheus as it is tested, and for each service the monitors whose jobs they name."""
    rules = [
        rule for each in rendering.of("PrometheusRule") for group in each["spec"]["groups"] for rule in group["rules"]
    ]
    for group in groups(catalogue()):
        for rule in group["rules"]:
            if rule not in rules:
                yield f"PrometheusRule: lacks {rule.get('alert', rule.get('record'))} as {group['name']} has it"
    for each in rendering.of("Deployment"):
        kind = "ServiceMonitor" if name_of(each).endswith("-api") else "PodMonitor"
        monitor = rendering.get(kind, name_of(each))
        if monitor is None or monitor["spec"].get("jobLabel") != JOB_LABEL:
            yield f"Deployment {name_of(each)}: no {kind} reads its metrics under the name of the rules"


def certificates(rendering: Rendering) -> Iterator[str]:
    """Require a Certificate for every Secret that the gateway serves with."""
    secrets = {each["spec"]["secretName"] for each in rendering.of("Certificate")}
    for gateway in rendering.of("Gateway"):
        for listener in gateway["spec"]["listeners"]:
            for reference in listener.get("tls", {}).get("certificateRefs", []):
                if reference["name"] not in secrets:
                    yield f"Gateway {name_of(gateway)}: no Certificate makes {reference['name']}"


def _monitor(rendering: Rendering, monitor: Object) -> Iterator[str]:
    selector = monitor["spec"]["selector"]
    if monitor["kind"] == "ServiceMonitor":
        labels = [each["metadata"].get("labels", {}) for each in rendering.of("Service")]
    else:
        labels = [dict(pod.labels) for pod in rendering.pods]
        labels += [{"cnpg.io/cluster": name_of(each)} for each in rendering.of("Cluster")]
    if not any(selects(selector, each) for each in labels):
        yield f"{monitor['kind']} {name_of(monitor)}: looks at nothing"


def _route(rendering: Rendering, route: Object) -> Iterator[str]:
    where = f"HTTPRoute {name_of(route)}"
    for parent in route["spec"]["parentRefs"]:
        gateway = rendering.get("Gateway", parent["name"])
        names = [each["name"] for each in gateway["spec"]["listeners"]] if gateway else []
        if parent.get("sectionName") not in names:
            yield f"{where}: its Gateway has no such listener"
    for rule in route["spec"]["rules"]:
        for backend in rule.get("backendRefs", []):
            service = rendering.get("Service", backend["name"])
            if service is None or backend["port"] not in [port["port"] for port in service["spec"]["ports"]]:
                yield f"{where}: there is no {backend['name']}:{backend['port']}"


def versions(rendering: Rendering) -> Iterator[str]:
    """Require of the operators' objects the version that they serve."""
    for each in rendering.objects:
        group, _, version = each["apiVersion"].rpartition("/")
        if group in _SERVED and version != _SERVED[group]:
            yield f"{each['kind']} {name_of(each)}: {each['apiVersion']} is not served, {_SERVED[group]} is"


def site(rendering: Rendering) -> Iterator[str]:
    """Require the site's own value in each place where the base has a stand-in."""
    for each in rendering.objects:
        left = sorted({text for text in strings({**each, "metadata": {}}) if _PLACEHOLDER.search(text)})
        if left:
            yield f"{each['kind']} {name_of(each)}: the site's value is missing: {', '.join(left)}"


def open_secrets(rendering: Rendering) -> Iterator[str]:
    """Require that secrets are made apart from the manifests, and are in no other object."""
    for each in rendering.objects:
        if each["kind"] == "Secret":
            yield f"Secret {name_of(each)}: secrets do not belong in manifests"
        elif any(_SECRET.search(text) for text in strings(each)):
            yield f"{each['kind']} {name_of(each)}: holds a secret"
