"""The network: exactly the edges that the specification of operation names, and no other.

The oracle is written by hand from its words: gateway → apis · each api, worker, migration → own database · workers →
Kafka · apis → issuer of tokens · Prometheus → metrics · all → collector of traces · recount → four databases ·
worker of cluster-services → SATUSEHAT, the only way out. No service → service.
"""

import pytest

from tests.unit.k8s.edges import Edge, edges_of, places
from tests.unit.k8s.renderings import PRESETS, changeable, rendering

SERVICES = ("registry", "screening", "cluster-services", "monitoring")
API_SERVER, BACKUPS, ISSUER = "198.51.100.10/32", "198.51.100.20/32", "198.51.100.30/32"
"""As in the example of a site."""


def named() -> set[Edge]:
    edges = {Edge("cluster-services-worker", "namespace:egress-proxy", 3128)}
    for service in SERVICES:
        api, worker, database = f"{service}-api", f"{service}-worker", f"{service}-db"
        edges |= {Edge(f"{service}-{part}", database, 5432) for part in ("api", "worker", "migrate")}
        edges |= {Edge("recount-recount", database, 5432), Edge("namespace:prometheus", database, 9187)}
        edges |= {Edge("namespace:gateway", api, 8080), Edge(worker, "kafka", 9093)}
        edges |= {Edge(api, issuer, port) for issuer in ("namespace:identity", ISSUER) for port in (443, 8443)}
        edges |= {Edge("namespace:prometheus", each, port) for each in (api, worker) for port in (8080, 8081)}
        edges |= {Edge(each, "namespace:collector", 4318) for each in (api, worker)}
    return edges


def of_operators() -> set[Edge]:
    """Return what databases and brokers need among themselves, of operators, of the API server, and for backups."""
    edges = set()
    for database in (f"{service}-db" for service in SERVICES):
        edges |= {
            Edge(each, database, port) for each in (database, "namespace:postgres-operator") for port in (5432, 8000)
        }
        edges |= {Edge(database, API_SERVER, port) for port in (443, 6443)} | {Edge(database, BACKUPS, 443)}
    edges |= {
        Edge(each, "kafka", port) for each in ("kafka", "namespace:kafka-operator") for port in (8443, 9090, 9091)
    }
    return edges | {Edge("kafka", API_SERVER, port) for port in (443, 6443)}


@pytest.mark.parametrize("preset", PRESETS)
def test_the_network_has_the_named_edges_and_no_other(preset: str) -> None:
    manifests = rendering(preset)
    names = {Edge(place, "namespace:kube-system", 53) for place in places(manifests)}
    assert edges_of(manifests) == named() | of_operators() | names


@pytest.mark.parametrize("preset", PRESETS)
def test_no_service_reaches_another(preset: str) -> None:
    for edge in edges_of(rendering(preset)):
        ends = [
            next((each for each in SERVICES if end.startswith(f"{each}-")), None) for end in (edge.source, edge.target)
        ]
        assert None in ends or ends[0] == ends[1], edge


@pytest.mark.parametrize("preset", PRESETS)
def test_kafka_itself_admits_workers_only(preset: str) -> None:
    (listener,) = changeable(rendering(preset), "Kafka", "kafka")["spec"]["kafka"]["listeners"]
    assert listener["networkPolicyPeers"] == [
        {"podSelector": {"matchLabels": {"app.kubernetes.io/component": "worker"}}}
    ]


def test_a_way_from_service_to_service_would_be_seen() -> None:
    manifests = rendering("dinas")
    policy = changeable(manifests, "NetworkPolicy", "registry-db")
    policy["spec"]["ingress"][0]["from"][0] = {
        "podSelector": {"matchLabels": {"app.kubernetes.io/component": "worker"}}
    }
    changeable(manifests, "NetworkPolicy", "screening-to-db")["spec"]["egress"][0]["to"].append(
        {"podSelector": {"matchLabels": {"cnpg.io/cluster": "registry-db"}}}
    )
    assert Edge("screening-worker", "registry-db", 5432) in edges_of(manifests)
