"""The door: listeners that its implementation binds, and redirects that lead to a port that is published."""

import pytest

from tests.unit.k8s.renderings import PRESETS, changeable, rendering

TRAEFIK = {"https": 8443, "http": 8000}
"""Where Traefik listens in k3s; it binds no listener of another port."""


@pytest.mark.parametrize("preset", PRESETS)
def test_listeners_have_the_ports_of_the_preset(preset: str) -> None:
    listeners = changeable(rendering(preset), "Gateway", "ilp")["spec"]["listeners"]
    ports = {each["name"]: each["port"] for each in listeners}
    assert ports == (TRAEFIK if preset == "dinas" else {"https": 443, "http": 80})


@pytest.mark.parametrize("preset", PRESETS)
def test_no_redirect_leads_to_the_port_of_a_listener(preset: str) -> None:
    filters = [
        each
        for route in rendering(preset).of("HTTPRoute")
        for rule in route["spec"]["rules"]
        for each in rule.get("filters", [])
    ]
    redirects = [each["requestRedirect"] for each in filters if each["type"] == "RequestRedirect"]
    assert len(redirects) == 2
    assert {each.get("scheme") for each in redirects} == {"https"}
