"""The sizes of each preset as kustomize patches and scalers, computed by `deploy.capacity`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from deploy.capacity import CONTROLLER_GIB, PRESETS, STREAMS_PER_POD, Database, Sizes, Workload, read_measured, sizes_of
from deploy.dev.kafka_topics import settings_of_topic, topic_plan
from deploy.dev.settings_table import services
from deploy.k8s.product import FOLDER, dump_all, fill
from ilp_shared.bus.contract.catalog import REPLAY_TOPIC
from ilp_shared.secrets import variable_of

_NOTE: Final = "# Computed by deploy/capacity.py from tests/load/RESULTS.md, written by `make manifests`.\n"
_DAY_MS: Final = 86_400_000
AUTOSCALED: Final = ("province", "national")
LAGGING: Final = ("national",)
"""Presets in which KEDA adds workers by lag."""
Object = dict[str, Any]


def documents() -> Iterator[tuple[Path, str]]:
    """Yield the generated files of the presets."""
    measured = read_measured()
    for preset in PRESETS:
        sizes = sizes_of(preset, measured)
        folder = FOLDER / "presets" / preset.name
        yield folder / "sizes.yaml", _NOTE + dump_all(list(_patches(sizes)))
        if scalers := list(_scalers(sizes)):
            yield folder / "scalers.yaml", _NOTE + "---\n".join(scalers)


def is_scaled(sizes: Sizes, name: str) -> bool:
    """Tell whether an autoscaler decides how many pods a workload has."""
    scaling = AUTOSCALED if name.endswith("-api") else LAGGING
    return sizes.preset.name in scaling and sizes.workloads[name].most > sizes.workloads[name].pods


def _scalers(sizes: Sizes) -> Iterator[str]:
    for name, load in sizes.workloads.items():
        if is_scaled(sizes, name):
            template = "hpa" if name.endswith("-api") else "scaledobject"
            yield fill(template, {"name": name, "pods": str(load.pods), "most": str(load.most)})


def _patches(sizes: Sizes) -> Iterator[Object]:
    for service in services():
        for part in ("api", "worker"):
            name = f"{service.name}-{part}"
            yield _deployment(name, part, sizes, _variables(service, part, sizes))
        yield _cluster(f"{service.name}-db", sizes.databases[service.name])
    yield from _kafka(sizes)
    yield from _topics(sizes)


def _variables(service: Any, part: str, sizes: Sizes) -> Iterator[Mapping[str, str]]:
    if part == "worker":
        name = variable_of(service.settings, "kafka_partitions")
        yield {"name": name, "value": str(sizes.preset.partitions)}
    elif "live_max_streams" in service.settings.model_fields and sizes.preset.copies > 1:
        yield {"name": variable_of(service.settings, "live_max_streams"), "value": str(STREAMS_PER_POD)}


def _deployment(name: str, container: str, sizes: Sizes, variables: Iterator[Mapping[str, str]]) -> Object:
    load = sizes.workloads[name]
    changed: Object = {"name": container, "resources": _resources(load)}
    if env := list(variables):
        changed["env"] = env
    spec: Object = {} if is_scaled(sizes, name) else {"replicas": load.pods}
    spec["template"] = {"spec": {"containers": [changed]}}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


def _resources(load: Workload) -> Object:
    return {
        "requests": {"cpu": f"{load.cpu_m}m", "memory": f"{load.memory_mib}Mi"},
        "limits": {"memory": f"{2 * load.memory_mib}Mi"},
    }


def _cluster(name: str, database: Database) -> Object:
    """Return a PostgreSQL cluster with memory that is its own, and one acknowledged copy where there are three."""
    memory_mib = database.memory_gib * 1_024
    postgresql: Object = {
        "parameters": {
            "max_connections": str(database.connections),
            "shared_buffers": f"{memory_mib // 4}MB",
            "effective_cache_size": f"{memory_mib * 3 // 4}MB",
            "maintenance_work_mem": f"{min(1_024, memory_mib // 16)}MB",
            "max_wal_size": f"{min(16, database.memory_gib)}GB",
        }
    }
    if database.instances > 1:
        postgresql["synchronous"] = {"method": "any", "number": 1, "dataDurability": "required"}
    spec: Object = {
        "instances": database.instances,
        "resources": {
            "requests": {"cpu": f"{database.cpu_m}m", "memory": f"{memory_mib}Mi"},
            "limits": {"memory": f"{memory_mib}Mi"},
        },
        "storage": {"size": f"{database.disk_gb}G"},
        "walStorage": {"size": f"{max(10, database.disk_gb // 20)}G"},
        "postgresql": postgresql,
    }
    if database.instances == 1:
        spec["enablePDB"] = False  # the operator's own budget would block every drain
    return {"apiVersion": "postgresql.cnpg.io/v1", "kind": "Cluster", "metadata": {"name": name}, "spec": spec}


def _kafka(sizes: Sizes) -> Iterator[Object]:
    preset, kind = sizes.preset, "kafka.strimzi.io/v1"
    copies, in_sync = min(3, preset.brokers), max(1, min(3, preset.brokers) - 1)
    config = {
        "default.replication.factor": copies,
        "min.insync.replicas": in_sync,
        "offsets.topic.replication.factor": copies,
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": in_sync,
    }
    yield {"apiVersion": kind, "kind": "Kafka", "metadata": {"name": "kafka"}, "spec": {"kafka": {"config": config}}}
    pools = [("brokers", preset.brokers, preset.broker_core, preset.broker_gib, sizes.broker_disk_gb)]
    if preset.controllers:
        pools.append(("controllers", preset.controllers, 1, CONTROLLER_GIB, 10))
    for name, replicas, core, gib, disk_gb in pools:
        volume = {"id": 0, "type": "persistent-claim", "size": f"{disk_gb}G", "class": "site", "deleteClaim": False}
        spec: Object = {
            "replicas": replicas,
            "resources": {
                "requests": {"cpu": f"{core * 1_000:.0f}m", "memory": f"{gib}Gi"},
                "limits": {"memory": f"{gib}Gi"},
            },
            "jvmOptions": {"-Xms": f"{gib * 512}m", "-Xmx": f"{gib * 512}m"},
            "storage": {"type": "jbod", "volumes": [volume | {"kraftMetadata": "shared"}]},
        }
        yield {"apiVersion": kind, "kind": "KafkaNodePool", "metadata": {"name": name}, "spec": spec}


def _topics(sizes: Sizes) -> Iterator[Object]:
    copies = min(3, sizes.preset.brokers)
    for name, (partitions, retention_ms) in sorted(topic_plan().items()):
        if name != REPLAY_TOPIC:
            partitions, retention_ms = sizes.preset.partitions, sizes.preset.retention_days * _DAY_MS
        spec = {"partitions": partitions, "replicas": copies, "config": settings_of_topic(retention_ms, copies)}
        yield {"apiVersion": "kafka.strimzi.io/v1", "kind": "KafkaTopic", "metadata": {"name": name}, "spec": spec}
