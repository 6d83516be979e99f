"""A real API server takes every preset under strict validation, without a warning, and refuses what is wrong."""

import base64
import shlex
import shutil
from pathlib import Path

import pytest
import yaml

from deploy.k8s.render import EXAMPLE, render
from deploy.k8s.rules import faults_of
from deploy.k8s.secrets import new_secrets
from tests.backup.page import blocks
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


async def test_the_keys_go_into_files_and_back_by_the_commands_of_the_page(plane: ControlPlane) -> None:
    """Without the envelope between: that is `tests/service/registry/test_key_drill.py`."""
    (keys,) = (dict(each["stringData"]) for each in new_secrets() if each["metadata"]["name"] == "registry-keys")
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "registry-keys", "namespace": "ilp"}}
    plane.apply(dump(rendering(PRESETS[0]).get("Namespace", "ilp")))
    plane.apply(dump({**secret, "stringData": keys}))
    _pairs, _seal, seal, _open, put_back = blocks("Key envelopes")
    read = f'{seal.partition("deploy/keys/envelope.sh")[0]} echo "$keys"'
    filled = plane.shell(read)
    assert filled.returncode == 0, filled.stderr
    folder = Path(filled.stdout.splitlines()[-1])
    try:
        assert {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir()} == {
            f"registry-{key}": value for key, value in keys.items()
        }
        for before in (
            "delete secret registry-keys",
            'patch secret registry-keys -p \'{"stringData":{"nik-key":"x"}}\'',
        ):
            plane.command("-n", "ilp", *shlex.split(before))
            done = plane.shell(f"keys={folder}\n{put_back}")
            assert done.returncode == 0, done.stderr
            data = plane.read("secret", "registry-keys", "-n", "ilp")["data"]
            assert {key: base64.b64decode(value).decode() for key, value in data.items()} == keys
        plane.command("-n", "ilp", "delete", "secret", "registry-keys")
        assert plane.shell(f"trap 'rm -r \"$keys\"' EXIT\n{read}").returncode != 0  # nothing is sealed
    finally:
        shutil.rmtree(folder)


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
