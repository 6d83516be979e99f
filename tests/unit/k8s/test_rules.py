"""Every rule finds what breaks it, and the presets break none."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deploy.k8s.objects import Rendering
from deploy.k8s.render import EXAMPLE, RenderError, read_pins, render
from deploy.k8s.rules import RULES, faults_of, whole
from tests.unit.k8s.renderings import PINS, PRESETS, changeable, container, rendering

Change = Callable[[Rendering], Any]
API, NATION = "registry-api", "national"


def pod(manifests: Rendering, name: str = API) -> dict[str, Any]:
    spec: dict[str, Any] = changeable(manifests, "Deployment", name)["spec"]["template"]["spec"]
    return spec


def of(manifests: Rendering, kind: str, name: str) -> dict[str, Any]:
    spec: dict[str, Any] = changeable(manifests, kind, name)["spec"]
    return spec


def env(name: str, **source: Any) -> Change:
    return lambda manifests: container(manifests, API)["env"].append({"name": name, **source})


def rule_of_network(**change: Any) -> Change:
    return lambda manifests: of(manifests, "NetworkPolicy", "registry-db")["ingress"][0].update(change)


def kafka(manifests: Rendering) -> dict[str, Any]:
    spec: dict[str, Any] = of(manifests, "Kafka", "kafka")["kafka"]
    return spec


VIOLATIONS: dict[str, tuple[str, Change]] = {
    "images: a tag": ("has no digest", lambda s: container(s, API).update(image="ilp:latest")),
    "images: zeros": ("has no digest", lambda s: container(s, API).update(image="ilp@sha256:" + "0" * 64)),
    "images: of the operator": ("has no digest", lambda s: kafka(s).update(image="kafka:4")),
    "images: of the catalogue": (
        "has no digest",
        lambda s: of(s, "ImageCatalog", "postgresql")["images"][0].update(image="postgresql:18"),
    ),
    "probes: none": ("startupProbe must ask", lambda s: container(s, API).pop("startupProbe")),
    "probes: liveness asks for more": (
        "livenessProbe must ask /health/live",
        lambda s: container(s, API)["livenessProbe"]["httpGet"].update(path="/health/ready"),
    ),
    "resources: no limit": ("no limit of memory", lambda s: container(s, API)["resources"].pop("limits")),
    "resources: limit below request": (
        "asks for more memory",
        lambda s: container(s, API)["resources"]["limits"].update(memory="1Mi"),
    ),
    "resources: of a database": ("asks for no cpu", lambda s: of(s, "Cluster", "registry-db").pop("resources")),
    "security: root": ("may run as root", lambda s: pod(s)["securityContext"].update(runAsUser=0)),
    "security: host network": ("hostNetwork", lambda s: pod(s).update(hostNetwork=True)),
    "security: token": ("has a token", lambda s: pod(s).pop("automountServiceAccountToken")),
    "security: seccomp": ("no seccomp", lambda s: pod(s)["securityContext"].pop("seccompProfile")),
    "security: privileged": ("gain privileges", lambda s: container(s, API)["securityContext"].update(privileged=True)),
    "security: root file system": (
        "write to its image",
        lambda s: container(s, API)["securityContext"].pop("readOnlyRootFilesystem"),
    ),
    "security: capability": (
        "keeps capabilities",
        lambda s: container(s, API)["securityContext"]["capabilities"].update(add=["NET_ADMIN"]),
    ),
    "volumes: of the machine": (
        "of kind hostPath",
        lambda s: pod(s)["volumes"].append({"name": "x", "hostPath": {"path": "/"}}),
    ),
    "volumes: data that vanish": (
        "of kind emptyDir",
        lambda s: pod(s)["volumes"].append({"name": "x", "emptyDir": {}}),
    ),
    "secrets: from a Secret": (
        "is a secret in the environment",
        env("ILP_X", valueFrom={"secretKeyRef": {"name": "x", "key": "x"}}),
    ),
    "secrets: written out": ("is a secret in the environment", env("ILP_REGISTRY_KAFKA_PASSWORD", value="x")),
    "secrets: a file elsewhere": ("is a secret in the environment", env("ILP_REGISTRY_NIK_KEY_FILE", value="/tmp/x")),
    "secrets: all of one": (
        "a whole Secret",
        lambda s: container(s, API).update(envFrom=[{"secretRef": {"name": "x"}}]),
    ),
    "endings: killed": ("killed before", lambda s: pod(s).update(terminationGracePeriodSeconds=20)),
    "endings: no drain": (
        "without draining",
        lambda s: container(s, API).update(env=[e for e in container(s, API)["env"] if "DRAIN" not in e["name"]]),
    ),
    "spread: not at all": ("is not spread", lambda s: pod(s).pop("topologySpreadConstraints")),
    "spread: two releases": (
        "the release before",
        lambda s: pod(s)["topologySpreadConstraints"][0].pop("matchLabelKeys"),
    ),
    "spread: by other labels": (
        "labels that it does not have",
        lambda s: pod(s)["topologySpreadConstraints"][0]["labelSelector"].update(matchLabels={"a": "b"}),
    ),
    "budgets: blocks": ("blocks every drain", lambda s: of(s, "PodDisruptionBudget", API).update(maxUnavailable=0)),
    "budgets: no number": (
        "blocks every drain",
        lambda s: of(s, "PodDisruptionBudget", API).update(maxUnavailable="x"),
    ),
    "budgets: minAvailable": (
        "minAvailable blocks",
        lambda s: of(s, "PodDisruptionBudget", API).update(minAvailable=3),
    ),
    "budgets: of the only instance": (
        "blocks every drain",
        lambda s: of(s, "Cluster", "registry-db").update(instances=1),
    ),
    "budgets: of nothing": (
        "has 0 budgets",
        lambda s: of(s, "PodDisruptionBudget", API)["selector"].update(matchLabels={"a": "b"}),
    ),
    "replicas: said twice": ("is said by", lambda s: of(s, "Deployment", API).update(replicas=3)),
    "replicas: said by none": ("is said by", lambda s: of(s, "Deployment", "registry-worker").pop("replicas")),
    "replicas: no target": (
        "there is no Deployment",
        lambda s: of(s, "ScaledObject", "monitoring-worker")["scaleTargetRef"].update(name="worker"),
    ),
    "members: above partitions": (
        "70 workers for 64 partitions",
        lambda s: of(s, "ScaledObject", "monitoring-worker").update(maxReplicaCount=70),
    ),
    "members: no most": (
        "no maxReplicaCount",
        lambda s: of(s, "ScaledObject", "monitoring-worker").pop("maxReplicaCount"),
    ),
    "members: other partitions": (
        "of [32, 64]",
        lambda s: of(s, "KafkaTopic", "ilp.registry.v1").update(partitions=32),
    ),
    "denied: nothing": ("none denies", lambda s: of(s, "NetworkPolicy", "default-deny").update(policyTypes=["Egress"])),
    "peers: everyone": ("for everyone", rule_of_network(**{"from": []})),
    "peers: every pod": ("for every pod", rule_of_network(**{"from": [{"podSelector": {}}]})),
    "peers: every port": ("every port", rule_of_network(ports=[])),
    "peers: the world": ("too wide", rule_of_network(**{"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]})),
    "peers: open listener": ("open to every pod", lambda s: kafka(s)["listeners"][0].pop("networkPolicyPeers")),
    "kafka: plain": ("does not know who asks", lambda s: kafka(s)["listeners"][0].update(tls=False)),
    "kafka: superuser": ("more than is granted", lambda s: kafka(s)["authorization"].update(superUsers=["CN=x"])),
    "kafka: makes topics": (
        "makes topics",
        lambda s: kafka(s)["config"].update({"auto.create.topics.enable": True}),
    ),
    "kafka: too few": ("too few", lambda s: kafka(s)["config"].update({"min.insync.replicas": 1})),
    "kafka: volatile": (
        "do not stay",
        lambda s: of(s, "KafkaNodePool", "brokers")["storage"]["volumes"][0].update(type="ephemeral"),
    ),
    "topics: no ISR": (
        "min.insync.replicas must be 2",
        lambda s: of(s, "KafkaTopic", "ilp.registry.v1")["config"].pop("min.insync.replicas"),
    ),
    "topics: one copy": ("not 3", lambda s: of(s, "KafkaTopic", "ilp.registry.v1").update(replicas=1)),
    "topics: time of the sender": (
        "LogAppendTime",
        lambda s: of(s, "KafkaTopic", "ilp.replay.v1")["config"].pop("message.timestamp.type"),
    ),
    "accounts: every topic": (
        "more than one topic",
        lambda s: of(s, "KafkaUser", "kafka-registry")["authorization"]["acls"][0]["resource"].update(name="*"),
    ),
    "accounts: all operations": (
        "no service needs",
        lambda s: of(s, "KafkaUser", "kafka-registry")["authorization"]["acls"][0].update(operations=["All"]),
    ),
    "databases: no archive": ("archives no log", lambda s: of(s, "Cluster", "registry-db").pop("plugins")),
    "databases: no backup": (
        "by no plugin",
        lambda s: of(s, "ScheduledBackup", "registry-db").update(method="barmanObjectStore"),
    ),
    "databases: superuser": ("superuser", lambda s: of(s, "Cluster", "registry-db").update(enableSuperuserAccess=True)),
    "databases: answers early": (
        "before a second instance",
        lambda s: of(s, "Cluster", "registry-db")["postgresql"].pop("synchronous"),
    ),
    "databases: fsync": (
        "fsync",
        lambda s: of(s, "Cluster", "registry-db")["postgresql"]["parameters"].update(fsync="off"),
    ),
    "databases: no TLS": (
        "no TLS",
        lambda s: of(s, "Cluster", "registry-db")["postgresql"].update(pg_hba=["host all all all trust"]),
    ),
    "namespace: baseline": (
        "enforce is not restricted",
        lambda s: changeable(s, "Namespace", "ilp")["metadata"]["labels"].update(
            {"pod-security.kubernetes.io/enforce": "baseline"}
        ),
    ),
    "namespace: elsewhere": (
        "in no namespace",
        lambda s: changeable(s, "Service", API)["metadata"].update(namespace="default"),
    ),
    "references: no pod": ("leads to no pod", lambda s: of(s, "Service", API)["selector"].update(a="b")),
    "references: no backend": (
        "there is no registry-api:81",
        lambda s: of(s, "HTTPRoute", "registry")["rules"][0]["backendRefs"][0].update(port=81),
    ),
    "references: blind monitor": (
        "looks at nothing",
        lambda s: of(s, "PodMonitor", "registry-worker")["selector"].update(matchLabels={"a": "b"}),
    ),
    "references: no account": ("ServiceAccount is missing", lambda s: pod(s).update(serviceAccountName="x")),
    "alerts: one left out": (
        "lacks IlpWritesFail",
        lambda s: of(s, "PrometheusRule", "ilp")["groups"][0].update(rules=[]),
    ),
    "alerts: another threshold": (
        "lacks IlpRecountDiffers",
        lambda s: next(
            rule
            for group in of(s, "PrometheusRule", "ilp")["groups"]
            for rule in group["rules"]
            if rule.get("alert") == "IlpRecountDiffers"
        ).update(expr="max(ilp_recount_differences) > 5"),
    ),
    "alerts: a job of another name": (
        "no PodMonitor reads",
        lambda s: of(s, "PodMonitor", "registry-worker").pop("jobLabel"),
    ),
    "certificates: none": ("no Certificate makes", lambda s: of(s, "Certificate", "gateway").update(secretName="x")),
    "versions: v1beta2": (
        "is not served",
        lambda s: changeable(s, "KafkaTopic", "ilp.registry.v1").update(apiVersion="kafka.strimzi.io/v1beta2"),
    ),
    "site: placeholder": ("site's value", lambda s: of(s, "Gateway", "ilp").update(gatewayClassName="site")),
    "open_secrets: a password": (
        "holds a secret",
        env("ILP_X", value="postgresql://u:p@h/d"),
    ),
}


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_keeps_every_rule(preset: str) -> None:
    assert faults_of(rendering(preset)) == []


@pytest.mark.parametrize("violation", VIOLATIONS)
def test_what_breaks_a_rule_is_found(violation: str) -> None:
    words, change = VIOLATIONS[violation]
    manifests = rendering(NATION)
    change(manifests)
    rule = next(each for each in RULES if each.__name__ == violation.partition(":")[0])
    assert any(words in fault for fault in rule(manifests)), list(rule(manifests))


def test_every_rule_has_something_planted() -> None:
    assert {each.partition(":")[0] for each in VIOLATIONS} == {rule.__name__ for rule in RULES}


@pytest.mark.parametrize("preset", PRESETS)
def test_what_is_not_pinned_is_refused(preset: str) -> None:
    manifests = Rendering.read(render(preset, EXAMPLE, {}))
    names = {name for name in PINS if any(f"'{name}' has no digest" in fault for fault in faults_of(manifests))}
    assert names == set(PINS)


def test_no_value_of_the_base_is_left_unseen() -> None:
    base = EXAMPLE.parent / "base" / "site.env"
    lines = [line for line in base.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    faults = "\n".join(whole.site(Rendering.read(render(NATION, base, PINS))))
    assert [line for line in lines if line.partition("=")[2] not in faults] == []
    assert {"Gateway", "Certificate", "HTTPRoute", "Cluster", "KafkaNodePool", "ScaledObject", "NetworkPolicy"} <= {
        fault.partition(" ")[0] for fault in faults.splitlines()
    }


@pytest.mark.parametrize("reference", ["ilp:latest", "sha256:" + "a1" * 32, "x@sha256:" + "0" * 64])
def test_a_pin_without_a_digest_is_refused(reference: str, tmp_path: Path) -> None:
    (tmp_path / "pins.json").write_text(f'{{"ilp": "{reference}"}}', encoding="utf-8")
    with pytest.raises(RenderError, match="not pinned"):
        read_pins(tmp_path / "pins.json")
