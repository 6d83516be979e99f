"""Rules over NetworkPolicies: everything is denied, and what is allowed is named. Which edges there are, tests say."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Final

from deploy.k8s.objects import Object, Rendering, name_of

_WIDEST: Final = 16
"""An address outside the cluster is a machine or a small network, not the world: prefixes of 16 bits or more."""


def denied(rendering: Rendering) -> Iterator[str]:
    """Require one policy that denies everything in both directions."""
    for each in rendering.of("NetworkPolicy"):
        spec = each["spec"]
        both = spec["podSelector"] == {} and set(spec["policyTypes"]) == {"Ingress", "Egress"}
        if both and not spec.get("ingress") and not spec.get("egress"):
            return
    yield "NetworkPolicy: none denies everything"


def peers(rendering: Rendering) -> Iterator[str]:
    """Require of every rule who and which ports; none is for everyone or everything."""
    for each in rendering.of("NetworkPolicy"):
        where, spec = f"NetworkPolicy {name_of(each)}", each["spec"]
        for direction, side in (("ingress", "from"), ("egress", "to")):
            if direction in spec and direction.title() not in spec["policyTypes"]:
                yield f"{where}: {direction} is not among its policyTypes"
            for rule in spec.get(direction, []):
                yield from (f"{where}: {direction} {fault}" for fault in _open(rule, side))
    for kafka in rendering.of("Kafka"):
        for listener in kafka["spec"]["kafka"]["listeners"]:
            if not listener.get("networkPolicyPeers"):
                yield f"Kafka {name_of(kafka)}: listener {listener['name']} is open to every pod"
            for peer in listener.get("networkPolicyPeers", []):
                yield from (f"Kafka {name_of(kafka)}: listener {fault}" for fault in _wide(peer))


def _open(rule: Object, side: str) -> Iterator[str]:
    if not rule.get(side):
        yield "for everyone"
    if not rule.get("ports") or any("port" not in port or "endPort" in port for port in rule["ports"]):
        yield "on every port"
    for peer in rule.get(side, []):
        yield from _wide(peer)


def _wide(peer: Object) -> Iterator[str]:
    for kind in ("podSelector", "namespaceSelector"):
        selector = peer.get(kind)
        if selector is not None and not selector.get("matchLabels") and not selector.get("matchExpressions"):
            yield f"for every {kind.removesuffix('Selector')}"
    if "ipBlock" in peer:
        network = ipaddress.ip_network(peer["ipBlock"]["cidr"], strict=False)
        if network.prefixlen < _WIDEST or peer["ipBlock"].get("except"):
            yield f"for {network}, which is too wide"
