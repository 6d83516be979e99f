"""A real API server takes every preset under strict validation, without a warning, and refuses what is wrong."""

import pytest
import yaml

from deploy.k8s.render import EXAMPLE, render
from deploy.k8s.rules import faults_of
from deploy.k8s.secrets import new_secrets
from tests.cluster.control_plane import ControlPlane, Refused
from tests.cluster.tools import tools_folder
from tests.unit.k8s.mutations import mutations
from tests.unit.k8s.renderings import PINS, PRESETS, rendering, replaced, text_of

SEEDS, NUMBER = (1, 2), 20


def dump(each: object) -> str:
    return yaml.safe_dump(each)


@pytest.mark.parametrize("preset", PRESETS)
async def test_a_preset_is_taken_without_a_warning(plane: ControlPlane, preset: str) -> None:
    plane.apply(dump(rendering(preset).get("Namespace", "ilp")))
    plane.apply(text_of(preset))


@pytest.mark.parametrize("preset", PRESETS)
async def test_it_is_taken_again_as_an_upgrade(plane: ControlPlane, preset: str) -> None:
    plane.apply(text_of(preset))


async def test_the_secrets_of_a_site_are_taken(plane: ControlPlane) -> None:
    plane.apply("---\n".join(map(dump, new_secrets())))


@pytest.mark.parametrize("seed", SEEDS)
async def test_mutations_are_refused_by_the_server_or_a_rule(plane: ControlPlane, seed: int) -> None:
    uncaught, manifests = [], rendering("national")
    for mutation in mutations(manifests, seed, NUMBER):
        try:
            plane.apply(dump(mutation.changed))
        except Refused:
            continue
        if not faults_of(replaced(manifests, mutation.changed)):
            uncaught.append(mutation.what)
    assert uncaught == []


@pytest.mark.parametrize("preset", PRESETS)
def test_kubectl_from_source_renders_the_same(preset: str) -> None:
    assert render(preset, EXAMPLE, PINS, tools_folder() / "kubectl") == text_of(preset)
