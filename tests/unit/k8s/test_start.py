"""Processes start with what the manifests give them: production's checks accept every container's environment."""

from pathlib import Path

import pytest

from deploy.dev.settings_table import services
from deploy.k8s.product import SECRETS
from tests.unit.k8s.environments import PARTS, examined_in, example, files_of, pod_of
from tests.unit.k8s.renderings import PRESETS, rendering

CASES = [(preset, service.name, part) for preset in PRESETS for service in services() for part in PARTS]


@pytest.mark.parametrize(("preset", "service", "part"), CASES, ids=lambda case: str(case))
def test_production_accepts_what_the_manifests_say(
    preset: str, service: str, part: str, secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pod = pod_of(preset, service, part)
    settings, faults = examined_in(pod, service, part, secrets, monkeypatch, example())
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
