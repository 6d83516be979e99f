"""What containers are given: the environment of each, with its secrets in a folder here, before production's checks."""

import base64
import os
import random
from collections.abc import Mapping
from pathlib import Path

import pytest

from deploy.dev.settings_table import services
from deploy.dev.vault import new_client_key
from deploy.k8s.objects import Pod
from deploy.k8s.product import SECRETS
from ilp_shared.operations.commands import examined
from ilp_shared.operations.production import Fault, Process
from ilp_shared.settings import ServiceSettings
from tests.unit.k8s.renderings import rendering

ADDRESS = "postgresql://u:p@{0}-rw:5432/d?sslmode=verify-full&sslrootcert=/run/ilp/{0}/ca.crt"
PARTS: Mapping[str, Process] = {"api": "api", "worker": "worker", "migrate": "command"}


def pod_of(preset: str, service: str, part: str) -> Pod:
    """Return the pod of a service's api, worker or migration."""
    labels = {"app.kubernetes.io/name": service, "app.kubernetes.io/component": part}
    return next(pod for pod in rendering(preset).pods if labels.items() <= pod.labels.items())


def files_of(pod: Pod) -> set[str]:
    """Return the files of secrets that a pod has."""
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


def mounted(pod: Pod, folder: Path, site: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a container, whose secrets lie in a folder here."""
    for number, path in enumerate(sorted(files_of(pod))):
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content_of(path, number), encoding="utf-8")
    values = {}
    for variable in pod.containers[0]["env"]:
        source = variable.get("valueFrom", {}).get("configMapKeyRef")
        value = site[source["key"]] if source else variable["value"]
        values[variable["name"]] = value.replace(f"{SECRETS}/", f"{folder}/")
    return values


def example() -> Mapping[str, str]:
    """Return what the manifests say of the example site."""
    maps = rendering("dinas").of("ConfigMap")
    values: Mapping[str, str] = next(each["data"] for each in maps if each["metadata"]["name"].startswith("site"))
    return values


def examined_in(
    pod: Pod, service: str, part: str, folder: Path, monkeypatch: pytest.MonkeyPatch, site: Mapping[str, str]
) -> tuple[ServiceSettings | None, list[Fault]]:
    """Return the settings of a container at a site as production reads them, and what it refuses."""
    described = next(each for each in services() if each.name == service)
    with monkeypatch.context() as variables:
        for name in [each for each in os.environ if each.startswith("ILP_")]:
            variables.delenv(name)
        for name, value in mounted(pod, folder, site).items():
            variables.setenv(name, value)
        settings, _, faults = examined(described, PARTS[part])
        return settings, faults
