"""What of the manifests follows from the product: services with their settings, databases, topics and Kafka accounts.

The shape of an object is a template in `templates/`; names, settings, secrets, SQL and grants come from the `Service`
objects, the event catalogue and what the development run uses. A setting that a service does not have raises.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any, Final

import yaml

from deploy.dev.config import ROOT
from deploy.dev.databases import LIMITS, RECOUNT, connecting, reading, using
from deploy.dev.kafka_topics import THREE_DAYS_MS, settings_of_topic, topic_plan
from deploy.dev.settings_table import services
from deploy.observability.rules import groups
from deploy.observability.slo import catalogue
from ilp_shared.bus.cluster import Cluster
from ilp_shared.operations.grants import grants_of
from ilp_shared.secrets import FROM_FILE, SUFFIX, variable_of
from ilp_shared.settings import ServiceSettings

if TYPE_CHECKING:
    from ilp_shared.service import Service

FOLDER: Final = ROOT / "deploy" / "k8s"
SECRETS: Final = "/run/ilp"
"""Where pods have their secrets, each a file."""
BOOTSTRAP: Final = "kafka-kafka-bootstrap:9093"
DRAIN_S: Final = 10
_NOTE: Final = "# Generated from the product's own objects by `make manifests`; do not edit.\n"
_CLAIMS: Final = ("OIDC_ROLES_CLAIM", "OIDC_AREAS_CLAIM", "OIDC_FACILITY_CLAIM")
_SIGN_IN: Final = ("SIGN_IN_ADDRESS", "SIGN_IN_CLIENT")
_SITE: Final = {name: name.lower().replace("_", "-") for name in ("OIDC_ISSUER", "OIDC_JWKS", *_CLAIMS, *_SIGN_IN)} | {
    "TRUSTED_HOSTS": "host"
}
_UNUSED: Final = "not-used-by-migrations"
_KEYS: Final = {
    name: name.lower().replace("_", "-") for name in ("NIK_KEY", "NIK_KEY_ID", "NIK_RETIRED_KEYS", "NIK_INDEX_KEY")
}
_SIGN_IN_KEYS: Final = {"SIGN_IN_CLIENT_KEY": "client.pem", "SIGN_IN_SEAL_KEY": "seal"}
Item = tuple[str, str, str]
"""A secret, its key, and the file below `SECRETS` in which a pod has it."""


def documents() -> Iterator[tuple[Path, str]]:
    """Yield every generated file of the base and its content."""
    names = [service.name for service in services()]
    for number, service in enumerate(services()):
        yield FOLDER / "base" / "product" / f"{service.name}.yaml", _NOTE + _service(service)
        yield FOLDER / "base" / "product" / f"{service.name}-db.yaml", _NOTE + _database(service, number)
    yield FOLDER / "base" / "product" / "kafka.yaml", _NOTE + dump_all([*_topics(), *map(_account, services())])
    yield FOLDER / "base" / "product" / "alerts.yaml", _NOTE + dump_all([_alerts()])
    parts = ("kafka.yaml", "alerts.yaml")
    resources = [*(f"{name}.yaml" for name in names), *(f"{name}-db.yaml" for name in names), *parts]
    kustomization = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": resources}
    yield FOLDER / "base" / "product" / "kustomization.yaml", _NOTE + dump_all([kustomization])


def _alerts() -> dict[str, Any]:
    """Return the rules of Prometheus as the operator takes them."""
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "ilp"},
        "spec": {"groups": groups(catalogue())},
    }


def fill(template: str, values: Mapping[str, str]) -> str:
    """Return a template with its names replaced; raises KeyError for a name without a value."""
    return Template((FOLDER / "templates" / f"{template}.yaml").read_text(encoding="utf-8")).substitute(values)


def dump_all(objects: Sequence[Mapping[str, Any]]) -> str:
    """Return objects as one YAML text."""
    return "---\n".join(yaml.safe_dump(each, sort_keys=False, width=120) for each in objects)


def version() -> str:
    """Return the platform's version as part of a name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["version"]).replace(".", "-")


def database_of(service: Service) -> str:
    """Return the name of a service's database, which is that of its role."""
    return f"ilp_{service.schema}"


def _service(service: Service) -> str:
    values = {
        "service": service.name,
        "module": service.package,
        "path": f"/{service.name}",
        "version": version(),
        "api_port": str(ServiceSettings.model_fields["port"].default),
        "worker_port": str(ServiceSettings.model_fields["worker_status_port"].default),
    }
    for part in ("api", "worker", "migrate"):
        values[f"{part}_env"] = _block(environment(service, part), 12)
        values[f"{part}_secrets"] = _block(_sources(secret_files(service, part)), 14)
    return fill("service", values)


def environment(service: Service, part: str) -> list[dict[str, Any]]:
    """Return the variables of a container; raises LookupError for a setting that the service does not have."""
    plain = {"KAFKA_BOOTSTRAP": BOOTSTRAP, "KAFKA_SECURITY_PROTOCOL": "SSL"}
    site = [] if part == "migrate" else ["OIDC_ISSUER", "OIDC_JWKS"]
    files = {"DATABASE_URL": f"{service.name}-db/url"}
    files |= {name: f"keys/{key}" for name, key in _KEYS.items() if name.lower() in service.settings.model_fields}
    if part == "api":
        plain |= {"HOST": "0.0.0.0", "ROOT_PATH": f"/{service.name}", "DOCUMENTS": "false", "DRAIN_S": str(DRAIN_S)}  # noqa: S104 - inside a pod
        site += ["TRUSTED_HOSTS", *_CLAIMS]
        if has_pages(service):
            site += _SIGN_IN
            files |= {name: f"sign-in/{key}" for name, key in _SIGN_IN_KEYS.items()}
    elif part == "worker":
        plain |= {"HOST": "0.0.0.0", "KAFKA_CA_FILE": f"{SECRETS}/kafka-ca/ca.crt"}  # noqa: S104 - inside a pod
        plain |= {"KAFKA_CERTIFICATE_FILE": f"{SECRETS}/kafka/user.crt", "KAFKA_KEY_FILE": f"{SECRETS}/kafka/user.key"}
    else:
        plain |= {"OIDC_ISSUER": _UNUSED, "OIDC_JWKS": _UNUSED}  # a finished Job cannot change with the site
        files["MIGRATE_DATABASE_URL"] = f"{service.name}-db/owner"
    return [
        *({"name": _variable(service, name), "value": value} for name, value in plain.items()),
        *({"name": _variable(service, name), "valueFrom": _from_site(_SITE[name])} for name in site),
        *({"name": _variable(service, name, file=True), "value": f"{SECRETS}/{file}"} for name, file in files.items()),
    ]


def has_pages(service: Service) -> bool:
    """Tell whether readers sign in at a service."""
    return "sign_in_address" in service.settings.model_fields


def secret_files(service: Service, part: str) -> list[Item]:
    """Return the files of secrets that a container has."""
    files = [(f"{service.name}-database", "url", f"{service.name}-db/url")]
    files.append((f"{service.name}-db-ca", "ca.crt", f"{service.name}-db/ca.crt"))
    for name, key in _KEYS.items():
        if name.lower() in service.settings.model_fields:
            files.append((f"{service.name}-keys", key, f"keys/{key}"))
    if part == "api" and has_pages(service):
        files += [(f"{service.name}-sign-in", key, f"sign-in/{key}") for key in _SIGN_IN_KEYS.values()]
    if part == "worker":
        files += [(f"kafka-{service.name}", name, f"kafka/{name}") for name in ("user.crt", "user.key")]
        files.append(("kafka-cluster-ca-cert", "ca.crt", "kafka-ca/ca.crt"))
    if part == "migrate":
        files.append((f"{service.name}-owner", "url", f"{service.name}-db/owner"))
    return files


def _variable(service: Service, name: str, *, file: bool = False) -> str:
    field = service.settings.model_fields.get(name.lower())
    if field is None or (file and FROM_FILE not in field.metadata):
        raise LookupError(f"{service.name} has no setting {name}{SUFFIX if file else ''}")
    return variable_of(service.settings, name.lower()) + (SUFFIX if file else "")


def _from_site(key: str) -> dict[str, Any]:
    return {"configMapKeyRef": {"name": "site", "key": key}}


def _sources(files: Sequence[Item]) -> list[dict[str, Any]]:
    """Return the files as the sources of a projected volume, one for each secret."""
    secrets = dict.fromkeys(secret for secret, _key, _path in files)
    items = {name: [{"key": key, "path": path} for secret, key, path in files if secret == name] for name in secrets}
    return [{"secret": {"name": name, "items": items[name]}} for name in secrets]


def _block(value: object, indent: int) -> str:
    text = yaml.safe_dump(value, sort_keys=False, width=200).rstrip()
    return "\n".join(" " * indent + line for line in text.splitlines())


def _database(service: Service, number: int) -> str:
    database = database_of(service)
    values = {"service": service.name, "database": database, "minute": str(10 * number)}
    return fill("database", values | {"sql": _block(list(roles_sql(database)), 8)})


def roles_sql(database: str) -> Iterator[str]:
    """Yield what the superuser does once in a new database: roles and grants, as in the development run."""
    owner = f"{database}_owner"
    yield f"ALTER ROLE {owner} {LIMITS}"
    yield f"CREATE ROLE {database} {LIMITS}"
    yield f"CREATE ROLE {RECOUNT} {LIMITS}"
    yield from connecting(database)
    yield from using(database)
    yield from reading(database, RECOUNT)


def _topics() -> Iterator[dict[str, Any]]:
    for name, (partitions, retention_ms) in sorted(topic_plan().items()):
        kind = "events" if retention_ms == THREE_DAYS_MS else "replay"
        yield {
            "apiVersion": "kafka.strimzi.io/v1",
            "kind": "KafkaTopic",
            "metadata": {"name": name, "labels": {"strimzi.io/cluster": "kafka", "ilp-topic": kind}},
            "spec": {"partitions": partitions, "replicas": 1, "config": settings_of_topic(retention_ms, 1)},
        }


def _account(service: Service) -> dict[str, Any]:
    """Return the Kafka account of a service: a certificate, and the grants that follow from its description."""
    acls = [
        {
            "resource": {"type": grant.kind, "name": grant.name, "patternType": "literal"},
            "operations": list(grant.operations),
            "host": "*",
        }
        for grant in grants_of(service, Cluster(BOOTSTRAP))
    ]
    return {
        "apiVersion": "kafka.strimzi.io/v1",
        "kind": "KafkaUser",
        "metadata": {"name": f"kafka-{service.name}", "labels": {"strimzi.io/cluster": "kafka"}},
        "spec": {"authentication": {"type": "tls"}, "authorization": {"type": "simple", "acls": acls}},
    }
