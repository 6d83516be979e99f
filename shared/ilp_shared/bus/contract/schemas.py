"""Writes and checks what others build on: `python -m ilp_shared.bus.contract.schemas write|check [folder]`.

From the catalogue come one JSON Schema per event and `asyncapi.yaml`, committed under `shared/schemas`. `check` fails
when a committed file differs from the code, or when an event no longer reads what the last commits promised.
"""

import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import orjson
import yaml

from ilp_shared.bus.contract.asyncapi import document, schema_path, summary_of
from ilp_shared.bus.contract.catalog import EVENTS
from ilp_shared.bus.contract.compat import breaks
from ilp_shared.events.base import EventData

FOLDER: Final = Path(__file__).resolve().parents[2] / "schemas"
_BASELINES: Final = ("HEAD", "HEAD~1")
"""The last commit (for a change not yet committed) and the one before (for one just committed)."""


class _ReadableDumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks, so that people can read the document."""


def _block(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_ReadableDumper.add_representer(str, _block)


def json_schema(data: type[EventData]) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a payload as readers must accept it: only what has no default is required."""
    schema = data.model_json_schema(mode="validation")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:ilp:event:{data.TYPE}",
        "title": data.__name__,
        "description": summary_of(data),
        **{key: value for key, value in schema.items() if key not in ("title", "description")},
    }


def generate() -> dict[str, str]:
    """Return the text of every file by its path below the folder."""
    files = {
        schema_path(event_type): orjson.dumps(json_schema(data), option=orjson.OPT_INDENT_2).decode() + "\n"
        for event_type, data in EVENTS.items()
    }
    heading = "# Generated from ilp_shared/bus/contract/catalog.py by `make schemas`; do not edit.\n"
    files["asyncapi.yaml"] = heading + yaml.dump(
        document(), Dumper=_ReadableDumper, sort_keys=False, allow_unicode=True, width=120
    )
    return files


def write(folder: Path) -> None:
    """Write every file and remove schemas of events that are gone."""
    wanted = generate()
    for path in _present(folder) - wanted.keys():
        (folder / path).unlink()
    for path, text in wanted.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


def stale(folder: Path) -> list[str]:
    """Return the files that are missing, left over, or differ from what the code says."""
    wanted = generate()
    present = _present(folder)
    differing = [p for p, text in wanted.items() if p in present and (folder / p).read_text(encoding="utf-8") != text]
    return sorted({*(wanted.keys() ^ present), *differing})


def incompatible(committed: Mapping[str, str]) -> list[str]:
    """Return the breaks between committed schemas (text by path) and the code, one line each."""
    wanted = generate()
    found = []
    for path, text in sorted(committed.items()):
        if path not in wanted:
            found.append(f"{path}: the event is gone")
        elif path.endswith(".json"):
            found += [f"{path} {reason}" for reason in breaks(orjson.loads(text), orjson.loads(wanted[path]))]
    return found


def committed_at(revision: str, folder: Path) -> dict[str, str] | None:
    """Return the files of a git revision by path; None where there is no such revision or no git."""
    listing = _git(folder, "ls-tree", "-r", "--name-only", revision, ".")
    if listing is None:
        return None
    texts = {path: _git(folder, "show", f"{revision}:./{path}") for path in listing.splitlines()}
    return {path: text for path, text in texts.items() if text is not None and path.endswith((".json", ".yaml"))}


def _present(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for kind in ("*.json", "*.yaml") for p in folder.rglob(kind)}


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments, no shell
            ["git", "-C", str(folder), *arguments],  # noqa: S607 - git of the developer's PATH
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout


def _check(folder: Path) -> Iterable[str]:
    for path in stale(folder):
        yield f"{path}: differs from the catalogue; run `make schemas`"
    for revision in _BASELINES:
        for reason in incompatible(committed_at(revision, folder) or {}):
            yield f"{reason} (since {revision}): an event may only grow inside a major version"


def main(arguments: list[str]) -> int:
    """Run `write` or `check`; returns the exit code (0 well, 1 with findings, 2 for a wrong call)."""
    if not arguments or arguments[0] not in ("write", "check"):
        sys.stderr.write("usage: python -m ilp_shared.bus.contract.schemas write|check [folder]\n")
        return 2
    folder = Path(arguments[1]) if len(arguments) > 1 else FOLDER
    if arguments[0] == "write":
        write(folder)
        return 0
    findings = list(_check(folder))
    sys.stderr.writelines(f"{finding}\n" for finding in findings)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
