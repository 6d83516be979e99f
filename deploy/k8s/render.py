"""The manifests of presets for one site: `python -m deploy.k8s.render [PRESET …] [--site FILE] [--pins FILE]`.

kubectl's own kustomize renders `presets/<preset>` with the values of the site (`site.example.env` shows them) and with
the images' digests (`build/images/pins.json`, which `make images` and `make pin` write: `{"ilp": "name@sha256:…"}`).
Renderings are `build/manifests/<preset>.yaml`; every rule that one breaks is a line on stderr. Without `--site` it
shows how the example would look, and is not to be applied. With it a broken rule is an exit code of 1, and so is a
wrong value: each is a line on stderr, and nothing is rendered.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from deploy.capacity import PRESETS
from deploy.dev.config import ROOT
from deploy.dev.failure import StartError
from deploy.images.pins import PINS, catalogue, is_pinned, noted
from deploy.k8s.objects import Rendering
from deploy.k8s.product import FOLDER
from deploy.k8s.rules import faults_of
from deploy.site import faults_of_file

NAMES: Final = tuple(preset.name for preset in PRESETS)
OUTPUT: Final = ROOT / "build" / "manifests"
EXAMPLE: Final = FOLDER / "site.example.env"
IMAGES: Final = tuple(catalogue("kubernetes"))
"""Logical names in the manifests."""
KUBECTL: Final = Path(sys.executable).parent / "kubectl"


class RenderError(Exception):
    """A preset cannot be rendered; the text says why."""


def kustomization(folder: Path, preset: str, site: Path, pins: Mapping[str, str]) -> None:
    """Write the kustomization of a site into a folder: a preset, its values, its digests."""

    def relative(path: Path) -> str:
        return os.path.relpath(path, folder)

    (folder / "values").mkdir(exist_ok=True)
    (folder / "values" / "site.env").write_text(site.read_text(encoding="utf-8-sig"), encoding="utf-8")
    (folder / "images.yaml").write_text((FOLDER / "components" / "images.yaml").read_text(encoding="utf-8"))
    values = {"configMapGenerator": [{"name": "site", "namespace": "ilp", "behavior": "merge", "envs": ["site.env"]}]}
    _write(folder / "values", "kustomize.config.k8s.io/v1alpha1", "Component", values)
    whole = {
        "resources": [relative(FOLDER / "presets" / preset)],
        "components": ["values", os.path.relpath(FOLDER / "components" / "site", folder)],
        "configurations": ["images.yaml"],
        "images": [_image(name, reference) for name, reference in sorted(pins.items())],
    }
    _write(folder, "kustomize.config.k8s.io/v1beta1", "Kustomization", whole)


def _image(name: str, reference: str) -> dict[str, str]:
    repository, _, digest = reference.rpartition("@")
    return {"name": name, "newName": repository, "digest": digest}


def _write(folder: Path, version: str, kind: str, content: Mapping[str, Any]) -> None:
    text = yaml.safe_dump({"apiVersion": version, "kind": kind, **content}, sort_keys=False)
    (folder / "kustomization.yaml").write_text(text, encoding="utf-8")


def read_pins(path: Path) -> dict[str, str]:
    """Return the pinned reference of each logical name; none where there is no file. Raises RenderError."""
    try:
        pins = noted(path)
    except StartError as damaged:
        raise RenderError(str(damaged)) from None
    for name, reference in pins.items():
        if name in IMAGES and not is_pinned(reference, use="kubernetes"):
            raise RenderError(f"{path.name}: {name} is not pinned as name@sha256:…")
    return {name: reference for name, reference in pins.items() if name in IMAGES}


def render(preset: str, site: Path, pins: Mapping[str, str], kubectl: Path = KUBECTL) -> str:
    """Return the YAML of a preset for a site; raises RenderError."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch).resolve()
        kustomization(folder, preset, site, pins)
        ended = subprocess.run([kubectl, "kustomize", folder], capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        raise RenderError(ended.stderr.strip().splitlines()[-1])
    return ended.stdout


def write(preset: str, site: Path, pins: Path, folder: Path) -> list[str]:
    """Render a preset into a folder, and return what is wrong with it; raises RenderError."""
    text = render(preset, site, read_pins(pins))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{preset}.yaml").write_text(text, encoding="utf-8")
    return faults_of(Rendering.read(text))


def main(arguments: Sequence[str]) -> int:
    """Render presets; return 1 where one cannot be rendered, or where one for a real site breaks a rule."""
    parser = argparse.ArgumentParser(prog="python -m deploy.k8s.render", description=__doc__)
    parser.add_argument("preset", nargs="*", metavar="PRESET", help=f"{', '.join(NAMES)}; by default all")
    parser.add_argument("--site", type=Path, help="values of the site; without it those of the example")
    parser.add_argument("--pins", type=Path, default=PINS)
    parser.add_argument("--output", type=Path, default=OUTPUT)
    asked = parser.parse_args(arguments)
    if wrong := sorted(set(asked.preset) - set(NAMES)):
        parser.error(f"no preset is called {', '.join(wrong)}; there are: {', '.join(NAMES)}")
    if asked.site is not None and not _is_usable(asked.site):
        return 1
    code = 0
    for preset in asked.preset or NAMES:
        try:
            faults = write(preset, asked.site or EXAMPLE, asked.pins, asked.output)
        except (RenderError, OSError, ValueError) as error:
            sys.stderr.write(f"{preset}: {error}\n")
            return 1
        for fault in faults:
            sys.stderr.write(f"{preset}: {fault}\n")
        fit = asked.site is not None and not faults
        print(f"{preset}: {asked.output / preset}.yaml{'' if fit else ' - not to be applied'}")
        code = max(code, int(asked.site is not None and bool(faults)))
    return code


def _is_usable(site: Path) -> bool:
    """Tell whether the values of a site can be rendered, after a line for each that is wrong."""
    try:
        faults = [str(fault) for fault in faults_of_file(site.read_text(encoding="utf-8-sig"))]
    except (OSError, ValueError) as error:
        faults = [f"tidak dapat dibaca / cannot be read: {error}"]
    sys.stderr.writelines(f"{site.name}: {fault}\n" for fault in faults)
    return not faults


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
