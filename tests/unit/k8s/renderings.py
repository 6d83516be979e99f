"""Renderings of every preset for the example site, with digests that are well-formed; made once for a run."""

import copy
import hashlib
from collections.abc import Mapping
from functools import cache
from typing import Any

from deploy.k8s.objects import Rendering, name_of
from deploy.k8s.render import EXAMPLE, IMAGES, NAMES, render

PRESETS = NAMES
PINS = {name: f"registry.example/{name}@sha256:{hashlib.sha256(name.encode()).hexdigest()}" for name in IMAGES}


@cache
def text_of(preset: str) -> str:
    """Return the YAML of a preset."""
    return render(preset, EXAMPLE, PINS)


@cache
def _read(preset: str) -> Rendering:
    return Rendering.read(text_of(preset))


def rendering(preset: str) -> Rendering:
    """Return a preset's objects, to be changed at will."""
    return copy.deepcopy(_read(preset))


def replaced(manifests: Rendering, changed: Mapping[str, Any]) -> Rendering:
    """Return a rendering with an object in the place of the one that has its kind and name."""
    key = (changed["kind"], changed["metadata"]["name"])
    assert manifests.get(*key) is not None, key
    return Rendering([changed if (each["kind"], name_of(each)) == key else each for each in manifests.objects])


def changeable(manifests: Rendering, kind: str, name: str) -> dict[str, Any]:
    """Return one object of a rendering; a test may change it."""
    each = manifests.get(kind, name)
    assert isinstance(each, dict), f"{kind} {name}"
    return each


def container(manifests: Rendering, name: str) -> dict[str, Any]:
    """Return the container of a Deployment."""
    made: dict[str, Any] = changeable(manifests, "Deployment", name)["spec"]["template"]["spec"]["containers"][0]
    return made
