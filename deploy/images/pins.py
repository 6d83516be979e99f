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

from deploy.dev.config import ROOT
from deploy.dev.display import complain
from deploy.dev.failure import StartError
from deploy.dev.vault import read_json, write_json
from deploy.images.engine import engine

CATALOGUE = Path(__file__).with_name("images.toml")
PINS = ROOT / "build" / "images" / "pins.json"
OWN = "ilp"
_PINNED = re.compile(r"(?:[a-z0-9][a-zA-Z0-9.:/_-]*@)?sha256:[0-9a-f]{64}")
_KEYS = ("image", "imageName")
"""Under which an image is named: in compose files and pods, and in the resources of operators."""


def is_pinned(reference: str) -> bool:
    """Tell whether a reference can mean one image only: `name@sha256:…`, or the id of an image of this machine."""
    return _PINNED.fullmatch(reference) is not None


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


def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Return what is known of each logical name."""
    return tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))


def read_pins(path: Path = PINS) -> dict[str, str]:
    """Return the pinned reference of each logical name; raises StartError where one is missing or not pinned."""
    pins = {name: str(reference) for name, reference in read_json(path).items()}
    lacking = [name for name in catalogue() if not is_pinned(pins.get(name, ""))]
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

    `PIN_<NAME>` names another image than the catalogue, `MIRROR` a registry that all of the catalogue's come from.
    """
    program = engine(environment)
    for name, entry in catalogue().items():
        if "upstream" not in entry:
            continue
        mirror = environment.get("MIRROR", "").rstrip("/")
        upstream = f"{mirror}/{entry['upstream']}" if mirror else entry["upstream"]
        chosen = environment.get(f"PIN_{name.upper()}") or upstream
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
    for name, reference in sorted(read_json(PINS).items()):
        print(f"{name:10} {reference}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
