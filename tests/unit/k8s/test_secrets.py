"""A site's new secrets are all that the manifests mount and no operator makes, and start every process."""

import re

import pytest
from pydantic import SecretStr

from deploy.dev.config import ROOT
from deploy.k8s.secrets import new_secrets
from ilp_registry.settings import key_bytes
from tests.unit.k8s.renderings import PRESETS, rendering
from tests.unit.k8s.schemas import faults_of

BY_OPERATORS = ("-db-ca", "kafka-cluster-ca-cert", "kafka-registry", "kafka-screening", "kafka-cluster-services")


def by_operator(name: str) -> bool:
    return name.endswith(BY_OPERATORS) or name == "kafka-monitoring"


@pytest.mark.parametrize("preset", PRESETS)
def test_everything_that_is_mounted_is_made(preset: str) -> None:
    made = {each["metadata"]["name"]: set(each["stringData"]) for each in new_secrets()}
    mounted: dict[str, set[str]] = {}
    for pod in rendering(preset).pods:
        for volume in pod.spec["volumes"]:
            for source in volume.get("projected", {}).get("sources", []):
                keys = {item["key"] for item in source["secret"]["items"]}
                mounted.setdefault(source["secret"]["name"], set()).update(keys)
    assert {name for name, keys in mounted.items() if not keys <= made.get(name, set())} == {
        name for name in mounted if by_operator(name)
    }


@pytest.mark.parametrize("preset", PRESETS)
def test_postgresql_is_given_the_accounts(preset: str) -> None:
    made = {each["metadata"]["name"]: each["stringData"].get("username") for each in new_secrets()}
    for cluster in rendering(preset).of("Cluster"):
        start = cluster["spec"]["bootstrap"]["initdb"]
        assert made[start["secret"]["name"]] == start["owner"]
        for role in cluster["spec"]["managed"]["roles"]:
            assert made[role["passwordSecret"]["name"]] == role["name"]


def test_they_are_new_each_time_and_valid() -> None:
    first, second = list(new_secrets()), list(new_secrets())
    assert [fault for each in first for fault in faults_of(each)] == []
    for one, other in zip(first, second, strict=True):
        same = {key for key in one["stringData"] if one["stringData"][key] == other["stringData"][key]}
        assert same <= {"username", "nik-key-id", "nik-retired-keys"}
    (keys,) = (each["stringData"] for each in first if each["metadata"]["name"] == "registry-keys")
    assert (keys["nik-key-id"], keys["nik-retired-keys"]) == ("1", "{}")
    assert len({key_bytes(SecretStr(keys[name])) for name in ("nik-key", "nik-index-key")}) == 2


def test_git_takes_no_file_that_a_site_writes_into_the_clone() -> None:
    page = (ROOT / "deploy" / "README.md").read_text(encoding="utf-8")
    written = {*re.findall(r"> (\w+\.yaml)`", page), *re.findall(r"SITE=(\w+\.env)`", page)}
    assert written == {"secrets.yaml", "site.env"}
    assert {f"/{name}" for name in written} <= set((ROOT / ".gitignore").read_text(encoding="utf-8").splitlines())
