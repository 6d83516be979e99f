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
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, get_args

from deploy.dev.config import ROOT
from deploy.dev.display import answered
from deploy.dev.failure import StartError
from deploy.dev.vault import read_json, write_json
from deploy.images.engine import engine

CATALOGUE = Path(__file__).with_name("images.toml")
PINS = ROOT / "build" / "images" / "pins.json"
OWN = "ilp"
Use = Literal["compose", "kubernetes"]
USES: tuple[Use, ...] = get_args(Use)
_PINNED = re.compile(r"(?:[a-z0-9][a-zA-Z0-9.:/_-]*@)?sha256:([0-9a-f]{64})")
_VARIABLE = "PIN_"
_REMEDY = "hapus, lalu / remove it, then `make images`, `make pin`"
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
    return f"{_VARIABLE}{name.upper().replace('-', '_')}"


def read_pins(use: Use, path: Path = PINS) -> dict[str, str]:
    """Return the pinned reference of each name of a use; raises StartError where one is missing or not pinned."""
    content = noted(path)
    pins = {name: content.get(name, "") for name in catalogue(use)}
    lacking = [name for name, reference in pins.items() if not is_pinned(reference, use=use)]
    if lacking:
        raise StartError(
            f"{', '.join(lacking)}: belum dipatok, jalankan `make images` dan `make pin`"
            " / not pinned yet: run `make images` and `make pin`"
        )
    return pins


def noted(path: Path = PINS) -> dict[str, str]:
    """Return the references that are noted; none where there is no file. Raises StartError for a damaged one."""
    content = read_json(path, _REMEDY)
    references = {name: each for name, each in content.items() if isinstance(each, str)}
    if references != content:
        raise StartError(f"{path} rusak / is damaged: {_REMEDY}")
    return references


def note(name: str, reference: str, path: Path = PINS) -> None:
    """Note the pinned reference of an image; raises StartError for one that is none."""
    if not is_pinned(reference):
        raise StartError(f"{name}: {reference} tidak dipatok dengan digest / is not pinned by a digest")
    write_json(path, {**noted(path), name: reference}, mode=0o644)


def pin_others(environment: Mapping[str, str], path: Path = PINS) -> None:
    """Note a digest for each image of another project; raises StartError.

    `PIN_<NAME>` names one, also the platform's own: what has a digest is noted before an engine is asked for anything.
    Those of the catalogue come from where the engine finds them, or from the registry `MIRROR`; `FOR` names the use
    whose images they are (else every use). Without a name in the catalogue only what has a `PIN_<NAME>` is pinned.
    """
    use, mirror = environment.get("FOR", ""), environment.get("MIRROR", "").rstrip("/")
    if use not in ("", *USES):
        raise StartError(f"FOR harus salah satu dari / must be one of: {' '.join(USES)}")
    _refuse_unknown(environment)
    given = {name: image for name in catalogue() if (image := environment.get(variable_of(name)))}
    named = {
        name: f"{mirror}/{entry['upstream']}" if mirror else entry["upstream"]
        for name, entry in catalogue().items()
        if "upstream" in entry and (not use or use in entry["uses"])
    }
    for name, image in given.items():
        if is_pinned(image):
            note(name, image, path)
    fetched = {name: image for name, image in {**named, **given}.items() if not is_pinned(image)}
    for name in sorted(fetched, key=lambda name: name not in given):
        note(name, _digest_of(engine(environment), name, fetched[name]), path)


def _refuse_unknown(environment: Mapping[str, str]) -> None:
    """Raise StartError where a `PIN_…` names no image of the catalogue."""
    known = {variable_of(name).removeprefix(_VARIABLE): name for name in catalogue()}
    given = {name.removeprefix(_VARIABLE) for name in environment if name.startswith(_VARIABLE)}
    for unknown in sorted(given - known.keys()):
        near = get_close_matches(unknown, known, n=1) or list(known)
        raise StartError(
            f"{_VARIABLE}{unknown}: tidak ada image dengan nama itu / no image has that name;"
            f" mungkin / perhaps: {' '.join(_VARIABLE + name for name in near)}"
        )


def _digest_of(program: str, name: str, image: str) -> str:
    """Return the pinned form of an image, as this machine's engine has it, or gets it now."""
    inspect = [program, "image", "inspect", "--format", "{{json .RepoDigests}}", image]
    done = _run(inspect)
    if done.returncode != 0:
        pulled = _run([program, "pull", "--quiet", image])
        if pulled.returncode != 0:
            raise StartError(f"{name}: {_why_not(program, name, image, pulled.stderr)}")
        done = _run(inspect)
    digests = [str(each) for each in json.loads(done.stdout or "null") or []]
    if not digests:
        raise StartError(f"{name}: {image} tidak punya digest / has no digest: it never was in a registry")
    return min(digests, key=lambda digest: (not image.startswith(f"{digest.partition('@')[0]}:"), digest))


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


def _why_not(program: str, name: str, image: str, said: str) -> str:
    """Return why an engine did not get an image, and what to do."""
    if "short-name" in said or "short name" in said:
        return (
            f"{program} tidak melengkapi nama tanpa registri / completes no name without a registry: "
            f"make pin MIRROR=registry/path, atau / or {variable_of(name)}=registry/path/{image.rpartition('/')[2]}"
        )
    last = (said.strip().splitlines() or [""])[-1]
    return f"tidak dapat diambil / cannot be fetched ({program} pull {image}): {last}"


def main() -> int:
    """Run `make pin`."""
    return answered(_pin)


def _pin() -> int:
    pin_others(os.environ)
    pins = noted()
    for name, reference in sorted(pins.items()):
        print(f"{name:18} {reference}")
    use = os.environ.get("FOR")
    for name, entry in catalogue().items():
        if name not in pins and name != OWN and (not use or use in entry["uses"]):
            print(f"{name:18} {'/'.join(entry['uses'])}: {variable_of(name)}=… ({entry['what']})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
