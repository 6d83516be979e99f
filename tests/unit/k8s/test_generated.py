"""What follows from the product is in the manifests as the product says it."""

from pathlib import Path

import pytest

from deploy.dev.config import ROOT
from deploy.dev.kafka_topics import topic_plan
from deploy.dev.settings_table import services
from deploy.k8s import generate, product
from ilp_shared.bus.cluster import Cluster
from ilp_shared.operations.grants import grants_of
from tests.unit.k8s.renderings import PRESETS, rendering


def test_the_committed_files_are_as_the_product_says() -> None:
    assert generate.main(["check"]) == 0, "run `make manifests`"


def test_a_file_that_follows_from_nothing_is_found() -> None:
    known = [path for path in generate.documents() if path.name != "registry.yaml"]
    assert [path.name for path in generate.strays(known)] == ["registry.yaml"]


@pytest.mark.parametrize("call", [[], ["print"], ["write", "check"]])
def test_a_wrong_call_changes_nothing(call: list[str]) -> None:
    assert generate.main(call) == 2


def test_a_setting_that_a_service_does_not_have_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(product, "BOOTSTRAP", "")
    monkeypatch.setitem(product._SITE, "OIDC_ISSUER", "oidc-issuer")
    with pytest.raises(LookupError, match="no setting DRAIN_SECONDS"):
        product._variable(services()[0], "DRAIN_SECONDS")
    with pytest.raises(LookupError, match="no setting PORT_FILE"):
        product._variable(services()[0], "PORT", file=True)


@pytest.mark.parametrize("preset", PRESETS)
def test_every_service_topic_and_grant_is_there_and_no_other(preset: str) -> None:
    manifests = rendering(preset)
    names = {f"{service.name}-{part}" for service in services() for part in ("api", "worker")}
    assert {each["metadata"]["name"] for each in manifests.of("Deployment")} == names
    assert {each["metadata"]["name"] for each in manifests.of("KafkaTopic")} == set(topic_plan())
    for service in services():
        account = manifests.get("KafkaUser", f"kafka-{service.name}")
        assert account is not None
        granted = {
            (acl["resource"]["type"], acl["resource"]["name"], tuple(acl["operations"]))
            for acl in account["spec"]["authorization"]["acls"]
        }
        expected = {(grant.kind, grant.name, grant.operations) for grant in grants_of(service, Cluster("-"))}
        assert granted == expected
    assert len(manifests.of("KafkaUser")) == len(services())


def test_generated_files_lie_below_deploy() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in generate.documents()} == {"deploy"}
    assert all(isinstance(path, Path) for path in generate.documents())
