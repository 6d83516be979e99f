"""Names in Kafka: without a prefix those of the contract, with one those of another platform."""

import pytest
from pydantic_settings import SettingsConfigDict

from ilp_shared.bus.cluster import Cluster
from ilp_shared.bus.contract.catalog import TOPICS
from ilp_shared.settings import ServiceSettings
from ilp_shared.waits import Waits

SETTINGS = {
    "database_url": "postgresql://x@127.0.0.1:1/x",
    "kafka_bootstrap": "127.0.0.1:1",
    "oidc_issuer": "x",
    "oidc_jwks": "x",
}


class Settings(ServiceSettings):
    """Settings under a prefix of their own: the environment of the run is not theirs."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_prefix="ILP_CLUSTER_TEST_")


def test_without_a_prefix_the_names_are_those_of_the_contract() -> None:
    cluster = Cluster("127.0.0.1:1")
    assert {domain: cluster.topic(domain) for domain in TOPICS} == TOPICS
    assert (cluster.replay_topic, cluster.group("screening")) == ("ilp.replay.v1", "ilp-screening")


def test_a_prefix_stands_before_every_topic_and_group() -> None:
    cluster = Cluster("127.0.0.1:1", "gw3.")
    assert {cluster.topic(domain) for domain in TOPICS} == {f"gw3.{topic}" for topic in TOPICS.values()}
    assert (cluster.replay_topic, cluster.group("screening")) == ("gw3.ilp.replay.v1", "gw3.ilp-screening")


def test_platforms_on_one_kafka_do_not_take_each_other_s_groups_for_their_own() -> None:
    clusters = [Cluster("127.0.0.1:1", prefix) for prefix in ("", "gw1.", "gw10.", "a-")]
    for cluster in clusters:
        groups = [other.group("screening") for other in clusters]
        assert [group for group in groups if group.startswith(cluster.groups)] == [cluster.group("screening")]
    with pytest.raises(ValueError, match="looks like a group"):
        Cluster("127.0.0.1:1", "ilp-test.")


def test_a_domain_that_does_not_exist_has_no_topic() -> None:
    with pytest.raises(KeyError):
        Cluster("127.0.0.1:1").topic("sessions")


def test_settings_name_the_cluster() -> None:
    settings = Settings.model_validate({**SETTINGS, "topic_prefix": "gw3.", "waits": {"lease_s": 3}})
    assert Cluster.of(settings) == Cluster("127.0.0.1:1", "gw3.", Waits(lease_s=3))
    with pytest.raises(ValueError, match="topic_prefix"):
        Settings.model_validate({**SETTINGS, "topic_prefix": "GW 3"})


def test_the_environment_may_set_waits_and_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(f"ILP_CLUSTER_TEST_{name.upper()}", value)
    monkeypatch.setenv("ILP_CLUSTER_TEST_WAITS", '{"session_s": 2, "heartbeat_s": 0.4}')
    monkeypatch.setenv("ILP_CLUSTER_TEST_TOPIC_PREFIX", "gw3.")
    settings = Settings()
    assert (settings.waits.session_s, settings.waits.lease_s, settings.topic_prefix) == (2, 6, "gw3.")
