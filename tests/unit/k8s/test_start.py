"""Processes start with what the manifests give them: production's checks accept every container's environment."""

import base64
import os
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from deploy.dev.settings_table import services
from deploy.dev.vault import new_client_key
from deploy.k8s.objects import Pod
from deploy.k8s.product import SECRETS
from ilp_shared.operations.commands import examined
from ilp_shared.operations.production import Process
from tests.unit.k8s.renderings import PRESETS, rendering

ADDRESS = "postgresql://u:p@{0}-rw:5432/d?sslmode=verify-full&sslrootcert=/run/ilp/{0}/ca.crt"
PARTS: Mapping[str, Process] = {"api": "api", "worker": "worker", "migrate": "command"}
CASES = [(preset, service.name, part) for preset in PRESETS for service in services() for part in PARTS]


def pod_of(preset: str, service: str, part: str) -> Pod:
    labels = {"app.kubernetes.io/name": service, "app.kubernetes.io/component": part}
    return next(pod for pod in rendering(preset).pods if labels.items() <= pod.labels.items())


def files_of(pod: Pod) -> set[str]:
    (volume,) = (each["projected"] for each in pod.spec["volumes"] if "projected" in each)
    return {item["path"] for source in volume["sources"] for item in source["secret"]["items"]}


def content_of(path: str, number: int) -> str:
    """Return what a secret of this path might hold."""
    if path == "sign-in/client.pem":
        return new_client_key()
    if path in ("keys/nik-key-id", "keys/nik-retired-keys"):
        return "1" if path.endswith("id") else "{}"
    if path.startswith(("keys/", "sign-in/")):
        return base64.b64encode(random.Random(number).randbytes(32)).decode()
    return ADDRESS.format(path.partition("/")[0])


def mounted(pod: Pod, folder: Path) -> dict[str, str]:
    """Return the environment of a container, whose secrets lie in a folder here."""
    site = next(each for each in rendering("dinas").of("ConfigMap") if each["metadata"]["name"].startswith("site"))
    for number, path in enumerate(sorted(files_of(pod))):
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content_of(path, number), encoding="utf-8")
    values = {}
    for variable in pod.containers[0]["env"]:
        source = variable.get("valueFrom", {}).get("configMapKeyRef")
        value = site["data"][source["key"]] if source else variable["value"]
        values[variable["name"]] = value.replace(f"{SECRETS}/", f"{folder}/")
    return values


@pytest.fixture
def secrets() -> Iterator[Path]:
    """Provide a folder that the test leaves nothing in: there are private keys."""
    with TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.mark.parametrize(("preset", "service", "part"), CASES, ids=lambda case: str(case))
def test_production_accepts_what_the_manifests_say(
    preset: str, service: str, part: str, secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pod = pod_of(preset, service, part)
    for name in [each for each in os.environ if each.startswith("ILP_")]:
        monkeypatch.delenv(name)
    for name, value in mounted(pod, secrets).items():
        monkeypatch.setenv(name, value)
    described = next(each for each in services() if each.name == service)
    settings, faults = examined(described, PARTS[part])
    assert faults == []
    assert settings is not None
    assert settings.profile == "production"
    named = {settings.kafka_ca_file, settings.kafka_certificate_file, settings.kafka_key_file} - {None}
    assert all(path is not None and path.is_file() for path in named)
    assert bool(named) == (part == "worker")
    probed = {80: settings.port, 81: settings.worker_status_port}[80 if part != "worker" else 81]
    ports = [port["containerPort"] for port in pod.containers[0].get("ports", [])]
    assert ports == ([] if part == "migrate" else [probed])


@pytest.mark.parametrize("preset", PRESETS)
def test_every_file_that_is_named_is_mounted(preset: str) -> None:
    for pod in rendering(preset).pods:
        values = [str(variable.get("value", "")) for variable in pod.containers[0].get("env", [])]
        named = {value.removeprefix(f"{SECRETS}/") for value in values if value.startswith(f"{SECRETS}/")}
        authorities = {path for path in files_of(pod) if path.endswith("ca.crt")}  # named by the addresses
        assert named | authorities == files_of(pod), pod.name
