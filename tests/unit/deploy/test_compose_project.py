"""The compose project as its file says it: rendered with pins, complete, with settings that exist, without rights."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from podman_compose import rec_subs

from deploy.compose.authority import Authority, ends_soon, hosts_of
from deploy.compose.kafka_setup import entries
from deploy.compose.number_keys import first_keys
from deploy.compose.prepare import address, certificates, image_variable, passwords
from deploy.dev.config import SERVICES
from deploy.dev.failure import StartError
from deploy.dev.vault import Vault
from deploy.images.pins import catalogue, unpinned
from ilp_shared.bus.cluster import Cluster
from ilp_shared.operations.production import variables_of
from tests.architecture.sources import ROOT

FOLDER = ROOT / "deploy" / "compose"
DIGEST = f"sha256:{'0a1b2c3d' * 8}"
SITE = {
    "ILP_HOST": "ilp.example.test",
    "ILP_ADDRESS": "https://ilp.example.test:8443",
    "OIDC_ISSUER": "x",
    "OIDC_JWKS": "y",
    "KAFKA_CLUSTER_ID": "z",
}
PINNED = {**SITE, **{image_variable(name): f"{name}@{DIGEST}" for name in catalogue("compose")}}
STEPS = ("migrate", "recover")
"""Containers of a service with the owner of its database; they run when an operator says so."""
STATEFUL = {"postgres", "kafka"}


def rendered(variables: Mapping[str, str]) -> dict[str, Any]:
    """Return the project with its variables put in, as podman-compose does it."""
    document = rec_subs(yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8")), dict(variables))
    assert isinstance(document, dict)
    return document


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    """Provide the rendered project."""
    return rendered(PINNED)


@pytest.fixture(scope="module")
def services(project: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Provide its containers by name."""
    containers: dict[str, dict[str, Any]] = project["services"]
    return containers


def test_every_image_is_pinned_once_it_is_rendered(project: dict[str, Any]) -> None:
    assert unpinned([project]) == []


@pytest.mark.parametrize("name", catalogue("compose"))
def test_a_tag_is_refused_for_each_image(name: str) -> None:
    assert unpinned([rendered({**PINNED, image_variable(name): f"{name}:latest"})]) == [f"{name}:latest"]


@pytest.mark.parametrize("name", sorted(PINNED))
def test_without_a_pin_or_a_fact_of_the_site_it_is_not_rendered(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        rendered({other: value for other, value in PINNED.items() if other != name})


def test_each_service_has_its_containers(services: dict[str, dict[str, Any]]) -> None:
    for service in SERVICES:
        for role in ("api", "worker", *STEPS):
            assert services[f"{service.label}-{role}"]["command"][:2] == [service.module, role]


def test_every_setting_exists_and_only_steps_are_owners(services: dict[str, dict[str, Any]]) -> None:
    for service in SERVICES:
        described = import_module(f"{service.module}.service").SERVICE
        for role in ("api", "worker", *STEPS):
            kinds = (described.settings, *(described.load_companions() if role == "worker" else ()))
            known = {name for kind in kinds for name in variables_of(kind)}
            names = set(services[f"{service.label}-{role}"]["environment"])
            assert names - known == set()
            owner = f"{service.prefix}MIGRATE_DATABASE_URL_FILE" in names
            assert owner is (role in STEPS)


_OWN = ("NIK", "ILP_RECOUNT_", "SIGN_IN")
"""What only one service has: keys of the registry, the recount, the sign-in of pages."""


def test_processes_are_the_same_but_for_what_they_are(services: dict[str, dict[str, Any]]) -> None:
    """What is said of one service is said of all, so that none is forgotten."""
    for role in ("api", "worker", *STEPS):
        names = [
            {name.removeprefix(service.prefix) for name in services[f"{service.label}-{role}"]["environment"]}
            for service in SERVICES
        ]
        extra = {name for each in names for name in each if any(word in name for word in _OWN)}
        assert len({frozenset(each - extra) for each in names}) == 1


def test_no_secret_is_a_variable(services: dict[str, dict[str, Any]]) -> None:
    for name, container in services.items():
        for variable, value in (container.get("environment") or {}).items():
            if re.search("PASSWORD|KEY|URL", variable):
                assert value.startswith("/run/secrets/"), f"{name}: {variable}"


def test_containers_get_the_secrets_that_they_read_and_no_others(services: dict[str, dict[str, Any]]) -> None:
    for service in SERVICES:
        for role in ("api", "worker", *STEPS):
            container = services[f"{service.label}-{role}"]
            read = {str(value).removeprefix("/run/secrets/") for value in container["environment"].values()}
            assert set(container["secrets"]) - {"ca.crt", "jwks.json"} == {
                value for value in read if value in container["secrets"] and value not in ("ca.crt", "jwks.json")
            }
            assert {value for value in read if Path(value).suffix in (".crt", ".key") or value.endswith("-url")} <= set(
                container["secrets"]
            )


def test_no_container_may_write_the_database_of_another_service(services: dict[str, dict[str, Any]]) -> None:
    for service in SERVICES:
        holders = {name for name, each in services.items() if f"{service.label}-url" in each.get("secrets", [])}
        own = {f"{service.label}-{role}" for role in ("api", "worker", *STEPS)}
        assert holders - own == ({"recount"} if service.name == "monitoring" else set())


def test_every_secret_is_written_by_the_preparation(project: dict[str, Any]) -> None:
    made = {"ca.crt", "jwks.json", "alertmanager.yml"}
    made |= {name for certificate in certificates("h") for name in certificate.files}
    with TemporaryDirectory() as folder:
        made |= {name for name, _, _ in passwords(Vault(Path(folder) / "vault.json"))}
        made |= {name for name, _ in first_keys(Path(folder))}
    assert set(project["secrets"]) == made - {"postgres-roles.sql"}
    used = {name for container in project["services"].values() for name in container.get("secrets", [])}
    assert used == set(project["secrets"])


def test_no_container_sees_the_folder_of_secrets(services: dict[str, dict[str, Any]]) -> None:
    for name, container in services.items():
        mounted = [volume.partition(":")[0] for volume in container.get("volumes", [])]
        folders = [(FOLDER / source).resolve() for source in mounted if source.startswith(".")]
        assert [folder for folder in folders if (FOLDER / "secrets").is_relative_to(folder)] == [], name


def test_the_step_that_sets_kafka_up_finds_its_program(services: dict[str, dict[str, Any]]) -> None:
    """What is mounted is enough to import it, beside what the image has."""
    with TemporaryDirectory() as name:
        for volume in services["setup"]["volumes"]:
            source, target, _ = volume.split(":")
            place = Path(name, target.removeprefix("/srv/"))
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to((FOLDER / source).resolve())
        program = [sys.executable, "-P", "-c", "import deploy.compose.kafka_setup as program; print(program.__file__)"]
        environment = {**os.environ, "PYTHONPATH": name}
        said = subprocess.run(program, env=environment, cwd="/", capture_output=True, text=True, check=True).stdout
        assert Path(said.strip()).is_relative_to(name)


def test_no_container_may_more_than_it_needs(services: dict[str, dict[str, Any]]) -> None:
    for name, container in services.items():
        assert container["cap_drop"] == ["ALL"], name
        assert container["security_opt"] == ["no-new-privileges:true"], name
        assert container["user"] not in ("0", "root"), name
        assert name in STATEFUL or container["read_only"] is True, name
        assert not container.keys() & {"privileged", "pid", "ipc", "devices", "depends_on"}, name
        assert container.get("network_mode", "none") == "none", name
        assert not [volume for volume in container.get("volumes", []) if "docker.sock" in volume], name
    assert {name for name, container in services.items() if container.get("cap_add")} == {"gateway"}


def test_only_the_gateway_is_open_and_data_have_no_way_out(project: dict[str, Any]) -> None:
    services = project["services"]
    open_to_all = {
        name for name, each in services.items() for port in each.get("ports", []) if not port.startswith("127.0.0.1:")
    }
    assert open_to_all == {"gateway"}
    assert project["networks"]["data"] == {"internal": True}
    edge = {name for name, each in services.items() if "edge" in each.get("networks", [])}
    assert edge == {"gateway", "prometheus", "alertmanager", *(f"{service.label}-api" for service in SERVICES)}


def test_the_gateway_has_the_path_of_each_service() -> None:
    text = (FOLDER / "Caddyfile").read_text(encoding="utf-8")
    paths = dict(re.findall(r"handle_path (/[a-z-]+)/\* \{\s+reverse_proxy ([a-z-]+):8080", text))
    assert paths == {service.path: f"{service.label}-api" for service in SERVICES}


def test_prometheus_asks_every_process(services: dict[str, dict[str, Any]]) -> None:
    scraped = yaml.safe_load((FOLDER / "prometheus.yml").read_text(encoding="utf-8"))["scrape_configs"]
    targets = {job["job_name"]: job["static_configs"][0]["targets"] for job in scraped}
    ports = {"api": 8080, "worker": 8081}
    names = {f"{service.label}-{role}": port for service in SERVICES for role, port in ports.items()}
    assert targets.pop("ilp-node") == ["node-exporter:9100"]
    assert targets == {f"ilp-{name}": [f"{name}:{port}"] for name, port in names.items()}


def test_no_file_of_the_project_names_a_registry() -> None:
    hosts = re.compile(r"\b(docker\.io|quay\.io|ghcr\.io|gcr\.io|registry\.k8s\.io|registry-1)\b")
    files = [
        path for folder in ("compose", "images") for path in (ROOT / "deploy" / folder).rglob("*") if path.is_file()
    ]
    sources = [path for path in files if "secrets" not in path.parts and path.suffix != ".pyc"]
    assert [path.name for path in sources if hosts.search(path.read_text(encoding="utf-8"))] == []


def test_the_broker_asks_every_client_for_a_certificate() -> None:
    lines = (FOLDER / "kafka.properties").read_text(encoding="utf-8").splitlines()
    properties = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert properties["ssl.client.auth"] == "required"
    assert "PLAINTEXT" not in json.dumps(properties)
    assert properties["allow.everyone.if.no.acl.found"] == "false"
    assert properties["auto.create.topics.enable"] == "false"
    assert Path(properties["log.dirs"]) == Path("/var/lib/kafka/data")


def test_accounts_in_kafka_are_the_names_of_certificates() -> None:
    names = {certificate.name for certificate in certificates("h")}
    accounts = {account for account, _, _ in entries(Cluster("kafka:9093"))}
    assert accounts == {service.label for service in SERVICES}
    assert accounts <= names
    writers = {account: grant.name for account, grant, operation in entries(Cluster("")) if operation == "Write"}
    assert writers["registry"] == "ilp.registry.v1"


def test_certificates_are_signed_once_and_again_before_they_end() -> None:
    with TemporaryDirectory() as name:  # no key stays behind
        folder = Path(name)
        authority = Authority(folder / "ca.crt", folder / "ca.key")
        assert (folder / "ca.key").stat().st_mode & 0o777 == 0o600
        again = Authority(folder / "ca.crt", folder / "ca.key")
        other = Authority(folder / "other.crt", folder / "other.key")
    for signed in (authority.sign("a"), again.sign("b", ["kafka", "localhost"])):
        assert not ends_soon(signed.certificate)
        assert b"PRIVATE KEY" in signed.key
        assert b"PRIVATE KEY" not in signed.certificate
        assert authority.has_signed(signed.certificate)
        assert not other.has_signed(signed.certificate)
    assert hosts_of(authority.sign("a").certificate) == ()
    assert hosts_of(again.sign("b", ["kafka", "localhost"]).certificate) == ("kafka", "localhost")


@pytest.mark.parametrize(("port", "expected"), [("443", "https://a.test"), ("8443", "https://a.test:8443")])
def test_the_address_has_its_port_where_it_is_not_that_of_https(port: str, expected: str) -> None:
    assert address("a.test", port) == expected


@pytest.mark.parametrize("port", ["0", "65536", "https", "-1", "84 43", ""])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(StartError, match="ILP_HTTPS_PORT"):
        address("a.test", port)


def test_redirect_and_sign_in_have_the_port_of_the_site(services: dict[str, dict[str, Any]]) -> None:
    assert services["gateway"]["environment"]["ILP_ADDRESS"] == SITE["ILP_ADDRESS"]
    sign_in = services["monitoring-api"]["environment"]["ILP_MONITORING_SIGN_IN_ADDRESS"]
    assert sign_in == f"{SITE['ILP_ADDRESS']}/monitoring"
    redirects = re.findall(r"redir (\S+)\{uri\} 308", (FOLDER / "Caddyfile").read_text(encoding="utf-8"))
    assert redirects == ["{$ILP_ADDRESS}"]


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="accounts are those of Unix")
def test_programs_of_the_project_are_executable() -> None:
    assert os.access(FOLDER / "backup.sh", os.X_OK)
