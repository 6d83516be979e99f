"""The image of the platform: what is in it and what is not, how it runs, and that its bill of materials is true."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from deploy.dev.config import ROOT, SERVICES
from deploy.images.build import BILL
from deploy.images.licences import refused, refused_of_debian
from deploy.images.pins import is_pinned, noted
from tests.images.namespaces import Machine

LARGEST = 300_000_000
HARDENED = (
    "--read-only",
    "--cap-drop",
    "all",
    "--security-opt",
    "no-new-privileges",
    "--tmpfs",
    "/tmp",
    "--network",
    "none",
)
_STATUS = "print(open('/proc/self/status').read()); import os; print('uid', os.getuid(), os.getgid())"
_WRITES = """
import os, pathlib
for folder in ('/', '/opt/ilp', '/etc', '/usr/bin', '/var/log'):
    try:
        pathlib.Path(folder, 'x').touch()
    except OSError:
        continue
    print(folder)
pathlib.Path('/tmp/x').touch()
"""
_PACKAGES = """
import importlib.metadata as m, json
print(json.dumps(sorted([d.metadata['Name'], d.version] for d in m.distributions())))
"""
_DEBIAN = ("dpkg-query", "-W", "-f", "${Package} ${Version} ${db:Status-Status}\\n")
_UNWANTED = re.compile(
    r"/s?bin/(gcc|cc|g\+\+|c\+\+|clang|ld|make|rustc|cargo|go|pip3?|apt|apt-get|perl|curl|wget|su|mount|passwd|git|uv)$"
    r"|/(pip|setuptools|wheel|uv)(-[0-9][^/]*)?$"
    r"|/var/(cache|lib/apt|log)/.+|/root/\..*cache|__pycache__/.*\.py$"
    r"|\.(pem|key|p12|env)$|id_rsa|secrets\.json|vault\.json"
)
_PUBLIC = re.compile(r"^/etc/ssl/certs/|^/usr/lib/ssl/cert\.pem$|^/usr/share/ca-certificates/|/certifi/cacert\.pem$")
"""Certificates of public authorities."""


@pytest.fixture(scope="module")
def run(machine: Machine, image: str) -> "Run":
    """Run programs of the image."""
    return Run(machine, image)


class Run:
    """Containers of the image, hardened as in the compose project, each for one program."""

    def __init__(self, machine: Machine, image: str) -> None:
        self.machine, self.image = machine, image

    def __call__(self, program: str, *arguments: str, user: str = "") -> str:
        """Return what a program prints in a new container; it must succeed."""
        account = ["--user", user] if user else []
        return self.machine.read(
            *("podman", "run", "--rm", *HARDENED, *account, "--entrypoint", program, self.image, *arguments)
        )

    def python(self, code: str) -> str:
        """Return what a Python program prints."""
        return self("/opt/ilp/bin/python", "-c", code)


@pytest.fixture(scope="session")
def bill(image: str) -> Mapping[str, Any]:
    """The bill of materials that the build has left beside the image."""
    content = json.loads(BILL.read_text(encoding="utf-8"))
    assert isinstance(content, dict)
    return content


def test_the_build_pins_what_it_made(image: str) -> None:
    assert is_pinned(image)
    assert noted()["ilp"] == image


def test_it_runs_as_nobody_special_without_capabilities(run: Run) -> None:
    status = run.python(_STATUS)
    assert "uid 10001 10001" in status
    values = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert {name: int(values[name], 16) for name in ("CapEff", "CapPrm", "CapBnd")} == dict.fromkeys(
        ("CapEff", "CapPrm", "CapBnd"), 0
    )
    assert (values["NoNewPrivs"], values["Seccomp"]) == ("1", "2")


def test_its_root_is_read_only_and_it_needs_no_more_than_tmp(run: Run) -> None:
    assert run.python(_WRITES) == ""


@pytest.mark.parametrize("module", [service.module for service in SERVICES])
def test_each_entry_point_answers(machine: Machine, image: str, module: str) -> None:
    answer = machine.read("podman", "run", "--rm", *HARDENED, image, module, "--help")
    assert all(command in answer for command in ("api", "worker", "migrate", "check-config"))


def test_a_process_without_settings_says_what_is_missing(machine: Machine, image: str) -> None:
    done = machine.run("podman", "run", "--rm", *HARDENED, image, "ilp_registry", "api")
    assert done.returncode != 0
    assert "ILP_REGISTRY_DATABASE_URL" in done.stdout + done.stderr


def test_nothing_is_in_it_that_it_does_not_need(run: Run) -> None:
    files = run("/usr/bin/find", "/", "-xdev", "-not", "-type", "d", user="0").splitlines()
    assert len(files) > 1_000
    assert [file for file in files if _UNWANTED.search(file) and not _PUBLIC.search(file)] == []


def test_no_program_changes_the_account(run: Run) -> None:
    assert run("/usr/bin/find", "/", "-xdev", "-type", "f", "-perm", "/6000", user="0") == ""


def test_it_is_small(run: Run) -> None:
    size = int(run("/usr/bin/du", "-sxb", "/", user="0").split()[0])
    assert size <= LARGEST, f"{size / 1e6:.0f} MB"


def test_its_settings_hold_no_secret(machine: Machine, image: str) -> None:
    (described,) = json.loads(machine.read("podman", "image", "inspect", image))
    names = {entry.partition("=")[0] for entry in described["Config"]["Env"]}
    assert names == {"PATH", "LANG", "HOME", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"}
    assert described["Config"]["User"] == "10001:10001"


def test_the_bill_is_valid(bill: Mapping[str, Any]) -> None:
    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bill))
    assert error is None


def test_the_bill_is_what_is_in_the_image(run: Run, bill: Mapping[str, Any]) -> None:
    listed = {(each["purl"].split("/")[0], each["name"], each["version"]) for each in bill["components"]}
    python = {("pkg:pypi", _normal(name), version) for name, version in json.loads(run.python(_PACKAGES))}
    debian = {("pkg:deb", *line.split()[:2]) for line in run(*_DEBIAN).splitlines() if line.split()[2] == "installed"}
    assert python
    assert debian
    assert listed == python | debian


def test_every_component_has_its_hash_and_its_licence(bill: Mapping[str, Any]) -> None:
    assert [each["purl"] for each in bill["components"] if not each["hashes"]] == []
    assert [each["purl"] for each in bill["components"] if not each["licenses"]] == []


def test_what_was_installed_is_what_was_locked(bill: Mapping[str, Any]) -> None:
    locked = (ROOT / "deploy" / "requirements" / "monitoring.txt").read_text(encoding="utf-8")
    hashes = set(re.findall(r"--hash=sha256:([0-9a-f]{64})", locked))
    own = {service.module.replace("_", "-") for service in SERVICES} | {"ilp-shared"}
    python = [each for each in bill["components"] if each["purl"].startswith("pkg:pypi/")]
    assert {each["name"] for each in python if each["hashes"][0]["content"] not in hashes} == own


def test_its_licences_are_allowed(bill: Mapping[str, Any]) -> None:
    python = {
        each["name"]: each["licenses"][0]["expression"]
        for each in bill["components"]
        if each["purl"].startswith("pkg:pypi/")
    }
    debian = {
        each["name"]: [licence["license"]["name"] for licence in each["licenses"]]
        for each in bill["components"]
        if each["purl"].startswith("pkg:deb/")
    }
    assert refused(python) == []
    assert refused_of_debian(debian) == []


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
