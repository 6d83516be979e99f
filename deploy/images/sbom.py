"""The bill of materials of the image: CycloneDX 1.6 JSON, made inside the build from what is really installed.

Components are the Python packages (with the sha256 of the file that pip installed) and Debian's packages (with the
sha256 of the archive). Nothing in it depends on the time or the machine. Runs in the build: standard library only.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import uuid
from collections.abc import Iterator, Mapping
from email import message_from_string
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any
from urllib.parse import quote

from deploy.images.licences import licence_of, licences_of_debian

SITE = Path("/opt/ilp/lib/python3.11/site-packages")
DOCUMENTS = Path("/usr/share/doc")
STATUS = Path("/var/lib/dpkg/status")
Component = dict[str, Any]


def normal(name: str) -> str:
    """Return the normal form of the name of a Python package."""
    return re.sub(r"[-_.]+", "-", name).lower()


def python_components(site: Path, hashes: Mapping[str, str]) -> Iterator[Component]:
    """Yield the Python packages below a folder; raises KeyError for one whose file was not seen."""
    for installed in sorted(distributions(path=[str(site)]), key=_name):
        name = _name(installed)
        expression = licence_of(message_from_string(installed.read_text("METADATA") or ""))
        yield _component(
            name,
            installed.version,
            purl=f"pkg:pypi/{name}@{quote(installed.version)}",
            sha256=hashes[name],
            licences=[{"expression": expression}] if expression else [],
        )


def _name(installed: Distribution) -> str:
    return normal(installed.metadata["Name"])


def hashes_of_files(report: Path, wheels: Path) -> dict[str, str]:
    """Return the sha256 of each installed file by package: those of pip's report, and those of the own wheels."""
    hashes = {
        normal(item["metadata"]["name"]): item["download_info"]["archive_info"]["hash"].removeprefix("sha256=")
        for item in json.loads(report.read_text(encoding="utf-8"))["install"]
    }
    for wheel in wheels.glob("*.whl"):
        hashes[normal(wheel.name.partition("-")[0])] = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return hashes


def debian_components(status: Path, known: Path, documents: Path) -> Iterator[Component]:
    """Yield Debian's installed packages; `known` holds their records from the archive, with hashes."""
    hashes = {(entry["Package"], entry["Version"]): entry.get("SHA256", "") for entry in _entries(known)}
    for entry in sorted(_entries(status), key=lambda each: each["Package"]):
        if entry["Status"].split()[2] != "installed":
            continue
        name, version = entry["Package"], entry["Version"]
        stated = licences_of_debian(_text(documents / name / "copyright"))
        yield _component(
            name,
            version,
            purl=f"pkg:deb/debian/{quote(name)}@{quote(version)}?arch={entry['Architecture']}&distro=debian-12",
            sha256=hashes.get((name, version), ""),
            licences=[{"license": {"name": each}} for each in stated],
        )


def _entries(file: Path) -> Iterator[Mapping[str, str]]:
    """Yield the records of a file in Debian's control format, without continued lines."""
    for record in file.read_text(encoding="utf-8").split("\n\n"):
        lines = [line.split(":", 1) for line in record.splitlines() if line[:1].strip() and ":" in line]
        if fields := {name: value.strip() for name, value in lines}:
            yield fields


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""


def _component(name: str, version: str, *, purl: str, sha256: str, licences: list[dict[str, Any]]) -> Component:
    return {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "purl": purl,
        "hashes": [{"alg": "SHA-256", "content": sha256}] if sha256 else [],
        "licenses": licences,
    }


def bill_of(components: list[Component]) -> Component:
    """Return the document; its serial number follows from the components."""
    content = json.dumps(components, sort_keys=True)
    subject = {"type": "container", "bom-ref": "ilp", "name": "ilp", "licenses": [{"license": {"id": "Apache-2.0"}}]}
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, content)}",
        "version": 1,
        "metadata": {"component": subject},
        "components": components,
        "dependencies": [{"ref": "ilp", "dependsOn": [each["bom-ref"] for each in components]}],
    }


def main() -> None:
    """Write the bill of the image in which this runs."""
    parser = argparse.ArgumentParser(prog="python -m deploy.images.sbom")
    for name in ("debian", "report", "wheels", "output"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    asked = parser.parse_args()
    python = python_components(SITE, hashes_of_files(asked.report, asked.wheels))
    debian = debian_components(STATUS, asked.debian, DOCUMENTS)
    bill = bill_of([*python, *debian])
    asked.output.write_text(json.dumps(bill, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
