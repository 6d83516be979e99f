"""The published form of the contract: `python -m ilp_shared.bus.contract.schemas write|check|baseline [folder]`.

`write` generates one JSON Schema per event and `asyncapi.yaml` from the catalogue, committed under `shared/schemas`.
`check` fails if a committed file differs from the code, or if an event no longer reads what `baseline.json` promises.
`baseline` promises the present schemas; it refuses while they break the last promise, except with `--new-major`.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import orjson
import yaml

from ilp_shared.bus.contract.asyncapi import document, schema_path, summary_of
from ilp_shared.bus.contract.catalog import EVENTS
from ilp_shared.bus.contract.compat import Schema, breaks
from ilp_shared.events.base import EventData

FOLDER: Final = Path(__file__).resolve().parents[3] / "schemas"
BASELINE: Final = "baseline.json"
"""Schemas by path, as the last release promised them to readers and archives."""


class _ReadableDumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks, for human readers."""


def _block(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_ReadableDumper.add_representer(str, _block)


def json_schema(data: type[EventData]) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a payload for readers: a property is required if it has no default."""
    schema = data.model_json_schema(mode="validation")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:ilp:event:{data.TYPE}",
        "title": data.__name__,
        "description": summary_of(data),
        **{key: value for key, value in schema.items() if key not in ("title", "description")},
    }


def generate() -> dict[str, str]:
    """Return the text of every generated file by its path below the folder."""
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
    """Write every file, and delete the schemas of events that are gone."""
    files = generate()
    for path in _present(folder) - files.keys():
        (folder / path).unlink()
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


def stale(folder: Path) -> list[str]:
    """Return the files that are missing, left over, or differ from the code."""
    files = generate()
    present = _present(folder)
    differing = [p for p, text in files.items() if p in present and (folder / p).read_text(encoding="utf-8") != text]
    return sorted({*(files.keys() ^ present), *differing})


def promised(folder: Path) -> dict[str, Schema]:
    """Return the schemas of the baseline by path; raises FileNotFoundError if there is none."""
    schemas: dict[str, Schema] = orjson.loads((folder / BASELINE).read_bytes())
    return schemas


def incompatible(promises: Mapping[str, Schema]) -> list[str]:
    """Return the breaks between promised schemas and the code, one line each."""
    schemas = {schema_path(event_type): json_schema(data) for event_type, data in EVENTS.items()}
    reasons = []
    for path, promise in sorted(promises.items()):
        if path not in schemas:
            reasons.append(f"{path}: the event is gone")
        else:
            reasons += [f"{path} {reason}" for reason in breaks(promise, schemas[path])]
    return reasons


def promise(folder: Path, *, new_major: bool = False) -> list[str]:
    """Write the present schemas as baseline; return the breaks that prevent it. `new_major` ignores them."""
    path = folder / BASELINE
    reasons = [] if new_major or not path.exists() else incompatible(promised(folder))
    if not reasons:
        schemas = {schema_path(event_type): json_schema(data) for event_type, data in EVENTS.items()}
        path.write_bytes(orjson.dumps(schemas, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n")
    return reasons


def _present(folder: Path) -> set[str]:
    files = {p.relative_to(folder).as_posix() for kind in ("*.json", "*.yaml") for p in folder.rglob(kind)}
    return files - {BASELINE}


def _check(folder: Path) -> Iterator[str]:
    for path in stale(folder):
        yield f"{path}: differs from the catalogue; run `make schemas`"
    try:
        promises = promised(folder)
    except FileNotFoundError:
        yield f"{BASELINE}: missing; restore it from the last release"
        return
    for reason in incompatible(promises):
        yield f"{reason} (since the baseline): an event may only grow inside a major version"


def main(arguments: list[str]) -> int:
    """Run one of the commands; return the exit code (0 done, 1 with findings, 2 for a wrong call)."""
    options = [argument for argument in arguments if argument.startswith("--")]
    words = [argument for argument in arguments if not argument.startswith("--")]
    allowed = ["--new-major"] if words[:1] == ["baseline"] else []
    if not 1 <= len(words) <= 2 or words[0] not in ("write", "check", "baseline") or options not in ([], allowed):
        sys.stderr.write(
            "usage: python -m ilp_shared.bus.contract.schemas write|check|baseline [--new-major] [folder]\n"
        )
        return 2
    folder = Path(words[1]) if len(words) > 1 else FOLDER
    findings: Iterable[str] = ()
    if words[0] == "write":
        write(folder)
    elif words[0] == "check":
        findings = list(_check(folder))
    else:
        findings = promise(folder, new_major=bool(options))
    sys.stderr.writelines(f"{finding}\n" for finding in findings)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
