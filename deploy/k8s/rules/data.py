"""Rules over Kafka and PostgreSQL: copies, acknowledgements, accounts, backups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from deploy.k8s.objects import Object, Rendering, name_of

COPIES: Final = 3
_ARCHIVER: Final = "barman-cloud.cloudnative-pg.io"


def brokers(rendering: Rendering) -> int:
    """Return the number of brokers."""
    pools = rendering.of("KafkaNodePool")
    return sum(int(pool["spec"]["replicas"]) for pool in pools if "broker" in pool["spec"]["roles"])


def kafka(rendering: Rendering) -> Iterator[str]:
    """Require that Kafka knows who asks, makes no topics by itself, and keeps its data on volumes that stay."""
    copies = min(COPIES, brokers(rendering))
    for each in rendering.of("Kafka"):
        spec, where = each["spec"]["kafka"], f"Kafka {name_of(each)}"
        for listener in spec["listeners"]:
            if not listener["tls"] or listener.get("authentication", {}).get("type") not in ("tls", "scram-sha-512"):
                yield f"{where}: listener {listener['name']} does not know who asks"
        if spec.get("authorization", {}).get("type") != "simple" or spec["authorization"].get("superUsers"):
            yield f"{where}: accounts may do more than is granted"
        yield from (f"{where}: {fault}" for fault in _configuration(spec["config"], copies))
    for pool in rendering.of("KafkaNodePool"):
        for volume in pool["spec"]["storage"].get("volumes", [pool["spec"]["storage"]]):
            if volume["type"] != "persistent-claim" or volume.get("deleteClaim"):
                yield f"KafkaNodePool {name_of(pool)}: its data do not stay"


def _configuration(config: Object, copies: int) -> Iterator[str]:
    if config.get("auto.create.topics.enable") is not False:
        yield "makes topics by itself"
    if {config["default.replication.factor"], config["offsets.topic.replication.factor"]} != {copies}:
        yield f"keeps other than {copies} copies"
    if config["min.insync.replicas"] != max(1, copies - 1):
        yield "acknowledges with too few, or too many, copies"


def topics(rendering: Rendering) -> Iterator[str]:
    """Require three copies of a topic on three brokers, two of which must have a record before it counts."""
    copies = min(COPIES, brokers(rendering))
    for each in rendering.of("KafkaTopic"):
        spec, where = each["spec"], f"KafkaTopic {name_of(each)}"
        config = spec.get("config", {})
        if spec.get("replicas") != copies:
            yield f"{where}: has {spec.get('replicas')} copies, not {copies}"
        if str(config.get("min.insync.replicas")) != str(max(1, copies - 1)):
            yield f"{where}: min.insync.replicas must be {max(1, copies - 1)}"
        if config.get("message.timestamp.type") != "LogAppendTime" or config.get("cleanup.policy") != "delete":
            yield f"{where}: needs LogAppendTime and cleanup by deletion"


def accounts(rendering: Rendering) -> Iterator[str]:
    """Grant an account named resources, and nothing on the cluster."""
    for each in rendering.of("KafkaUser"):
        where, authorization = f"KafkaUser {name_of(each)}", each["spec"].get("authorization", {})
        for acl in authorization.get("acls", []):
            resource = acl["resource"]
            if resource.get("patternType", "literal") != "literal" or resource.get("name") in (None, "*"):
                yield f"{where}: is granted more than one {resource['type']}"
            if resource["type"] == "cluster" or "All" in acl["operations"] or acl.get("type") == "deny":
                yield f"{where}: has a grant that no service needs"
        if not authorization.get("acls"):
            yield f"{where}: has no grants"


def databases(rendering: Rendering) -> Iterator[str]:
    """Require databases that archive their log, are backed up, and acknowledge by two of three."""
    backed = {each["spec"]["cluster"]["name"]: each["spec"] for each in rendering.of("ScheduledBackup")}
    for each in rendering.of("Cluster"):
        where, spec = f"Cluster {name_of(each)}", each["spec"]
        if spec.get("enableSuperuserAccess"):
            yield f"{where}: its superuser may come from outside"
        if not any(plugin["name"] == _ARCHIVER and plugin.get("isWALArchiver") for plugin in spec.get("plugins", [])):
            yield f"{where}: archives no log"
        if backed.get(name_of(each), {}).get("method") != "plugin":
            yield f"{where}: is backed up by no plugin"
        yield from (f"{where}: {fault}" for fault in _durability(spec))


def _durability(spec: Object) -> Iterator[str]:
    synchronous = spec["postgresql"].get("synchronous", {})
    if spec["instances"] > 1 and (synchronous.get("number", 0) < 1 or synchronous.get("dataDurability") != "required"):
        yield "answers before a second instance has the data"
    if spec["postgresql"]["parameters"].get("fsync", "on") != "on":
        yield "fsync is off"
    rules = spec["postgresql"].get("pg_hba", [])
    if "hostnossl all all all reject" not in rules or any("trust" in rule for rule in rules):
        yield "lets in who has no TLS or no password"
