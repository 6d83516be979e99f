"""Which pod may talk to which, worked out from the NetworkPolicies of a rendering."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from deploy.k8s.objects import Object, Rendering, name_of, selects

Labels = Mapping[str, str]


class Edge(NamedTuple):
    """A way from one place to another; a name of a workload, of a namespace, or an address."""

    source: str
    target: str
    port: int


def places(manifests: Rendering) -> dict[str, Labels]:
    """Return the labels of every kind of pod by its name; those of operators' pods as the operators set them."""
    labels_by_name: dict[str, Labels] = {
        f"{pod.labels['app.kubernetes.io/name']}-{pod.labels['app.kubernetes.io/component']}": pod.labels
        for pod in manifests.pods
    }
    labels_by_name |= {name_of(each): {"cnpg.io/cluster": name_of(each)} for each in manifests.of("Cluster")}
    labels_by_name["kafka"] = {"strimzi.io/cluster": "kafka"}
    return labels_by_name


def edges_of(manifests: Rendering) -> set[Edge]:
    """Return every way that is open: one end inside must allow it, and both where both are inside."""
    outgoing, incoming = set(_edges(manifests, "egress")), set(_edges(manifests, "ingress"))
    inside = set(places(manifests))
    return {edge for edge in outgoing | incoming if _is_open(edge, inside, outgoing, incoming)}


def _is_open(edge: Edge, inside: set[str], outgoing: set[Edge], incoming: set[Edge]) -> bool:
    leaves = edge.source not in inside or edge in outgoing
    arrives = edge.target not in inside or edge in incoming
    return leaves and arrives


def _edges(manifests: Rendering, direction: str) -> Iterator[Edge]:
    known = places(manifests)
    for policy in manifests.of("NetworkPolicy"):
        chosen = [name for name, labels in known.items() if selects(policy["spec"]["podSelector"], labels)]
        for rule in policy["spec"].get(direction, []):
            for peer in rule["to" if direction == "egress" else "from"]:
                for other in _others(peer, known):
                    for port in rule["ports"]:
                        for name in chosen:
                            ends = (name, other) if direction == "egress" else (other, name)
                            yield Edge(*ends, int(port["port"]))


def _others(peer: Object, known: Mapping[str, Labels]) -> list[str]:
    if "ipBlock" in peer:
        return [str(peer["ipBlock"]["cidr"])]
    if "namespaceSelector" in peer:
        return [":".join(["namespace", *peer["namespaceSelector"]["matchLabels"].values()])]
    return [name for name, labels in known.items() if selects(peer["podSelector"], labels)]
