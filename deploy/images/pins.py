"""Names of images: logical in manifests, pinned by digest in whatever is rendered from them.

`make images` notes the platform's own image in `build/images/pins.json`, `make pin` those of others. What is not in
that file cannot be rendered, and a reference without a digest is refused.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from deploy.dev.config import ROOT
from deploy.dev.display import complain
from deploy.dev.failure import StartError
from deploy.dev.vault import read_json, write_json
from deploy.images.engine import engine

CATALOGUE = Path(__file__).with_name("images.toml")
PINS = ROOT / "build" / "images" / "pins.json"
OWN = "ilp"
Use = Literal["compose", "kubernetes"]
_PINNED = re.compile(r"(?:[a-z0-9][a-zA-Z0-9.:/_-]*@)?sha256:([0-9a-f]{64})")
_DISTINCT = 6
"""A digest has many distinct digits; zeros or ones are somebody's placeholder."""
_KEYS = ("image", "imageName")
"""Under which an image is named: in compose files and pods, and in the resources of operators."""


def is_pinned(reference: str, *, use: Use = "compose") -> bool:
    """Tell whether a reference can mean one image only: `name@sha256:…`, or the id of an image of this machine.

    Other machines do not know the ids of this one: for Kubernetes it needs a name.
    """
    match = _PINNED.fullmatch(reference)
    if match is None or len(set(match[1])) < _DISTINCT:
        return False
    return use == "compose" or "@" in reference


def images_of(document: object) -> Iterator[str]:
    """Yield every image that a rendered document names, at any depth."""
    if isinstance(document, Mapping):
        for key, value in document.items():
            if key in _KEYS and isinstance(value, str):
                yield value
            else:
                yield from images_of(value)
    elif isinstance(document, list | tuple):
        for value in document:
            yield from images_of(value)


def unpinned(documents: Iterable[object]) -> list[str]:
    """Return the images in rendered documents that are not pinned: tags, `latest`, logical names."""
    return sorted({image for document in documents for image in images_of(document) if not is_pinned(image)})


def catalogue(use: Use | None = None) -> dict[str, Mapping[str, Any]]:
    """Return what is known of each logical name: of all, or of those of one use."""
    known = tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))
    return {name: entry for name, entry in known.items() if use is None or use in entry["uses"]}


def variable_of(name: str) -> str:
    """Return the environment variable by which an installer names an image."""
    return f"PIN_{name.upper().replace('-', '_')}"


def read_pins(use: Use, path: Path = PINS) -> dict[str, str]:
    """Return the pinned reference of each name of a use; raises StartError where one is missing or not pinned."""
    content = read_json(path)
    pins = {name: str(content.get(name, "")) for name in catalogue(use)}
    lacking = [name for name, reference in pins.items() if not is_pinned(reference, use=use)]
    if lacking:
        raise StartError(
            f"{', '.join(lacking)}: belum dipatok, jalankan `make images` dan `make pin`"
            " / not pinned yet: run `make images` and `make pin`"
        )
    return pins


def note(name: str, reference: str, path: Path = PINS) -> None:
    """Note the pinned reference of an image; raises StartError for one that is none."""
    if not is_pinned(reference):
        raise StartError(f"{name}: {reference} tidak dipatok dengan digest / is not pinned by a digest")
    write_json(path, {**read_json(path), name: reference}, mode=0o644)


def pin_others(environment: Mapping[str, str], path: Path = PINS) -> None:
    """Ask the engine for the image of each name that is another project's, and note its digest. Raises StartError.

    `PIN_<NAME>` names another image than the catalogue, `MIRROR` a registry that all of the catalogue's come from. Of
    those without a name in the catalogue only what has a `PIN_<NAME>` is pinned.
    """
    program = engine(environment)
    mirror = environment.get("MIRROR", "").rstrip("/")
    for name, entry in catalogue().items():
        upstream = entry.get("upstream", "")
        if upstream and mirror:
            upstream = f"{mirror}/{upstream}"
        chosen = (environment.get(variable_of(name), "") if name != OWN else "") or upstream
        if chosen:
            note(name, chosen if is_pinned(chosen) else _digest_of(program, chosen), path)


def _digest_of(program: str, name: str) -> str:
    """Return the pinned form of a name, as this machine's engine has it, or gets it now."""
    inspect = [program, "image", "inspect", "--format", "{{json .RepoDigests}}", name]
    done = subprocess.run(inspect, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        if subprocess.run([program, "pull", "--quiet", name], stdout=subprocess.DEVNULL, check=False).returncode != 0:
            raise StartError(f"{name}: tidak dapat diambil / cannot be fetched ({program} pull {name})")
        done = subprocess.run(inspect, capture_output=True, text=True, check=True)
    digests = [str(each) for each in json.loads(done.stdout) or []]
    if not digests:
        raise StartError(f"{name}: tidak punya digest / has no digest: it never was in a registry")
    return sorted(digests)[0]


def main() -> int:
    """Run `make pin`."""
    try:
        pin_others(os.environ)
    except StartError as error:
        complain(str(error))
        return 1
    pins = read_json(PINS)
    for name, reference in sorted(pins.items()):
        print(f"{name:18} {reference}")
    for name, entry in catalogue().items():
        if name not in pins and name != OWN:
            print(f"{name:18} {'/'.join(entry['uses'])}: {variable_of(name)}=… ({entry['what']})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
