"""Every locked dependency against the advisories of the package index, by pip-audit, beside a pin known to be bad.

pip-audit calls an index without advisories "no known vulnerabilities": a false green. So each run also audits
jinja2 2.10, which has published advisories. Only when that is flagged does silence about our own pins mean anything;
otherwise this test says that nothing was audited (skipped, with the reason), and does not pass.
"""

import asyncio
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from deploy.dev.config import ROOT

KNOWN_BAD = "jinja2==2.10\n"
LOCKED = sorted((ROOT / "deploy" / "requirements").glob("*.txt"))
NOT_AUDITED = (
    "NOT AUDITED: the package index that this machine reaches gives no advisories (jinja2 2.10 was not flagged)."
    " Run `make test` where it does before a release."
)
Json = dict[str, Any]


async def audit(requirements: Path) -> tuple[Json, str]:
    """Run pip-audit on exact pins, without resolving anything; returns its report and what else it said."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "pip_audit", "--requirement", str(requirements),
        "--no-deps", "--disable-pip", "--format", "json", "--progress-spinner", "off", "--timeout", "60",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    report, said = await child.communicate()
    return json.loads(report or b'{"dependencies": []}'), said.decode()


def vulnerable(report: Json) -> dict[str, list[str]]:
    """Advisories by pinned name and version."""
    return {
        f"{one['name']} {one['version']}": [advisory["id"] for advisory in one["vulns"]]
        for one in report["dependencies"]
        if one.get("vulns")
    }


def skipped(report: Json) -> list[str]:
    """Names that the index knew nothing of: not audited."""
    return [one["name"] for one in report["dependencies"] if "skip_reason" in one]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def index_tells(tmp_path_factory: pytest.TempPathFactory) -> bool:
    """Provide whether the index flags the pin known to be bad."""
    pin = tmp_path_factory.mktemp("audit") / "known-bad.txt"
    pin.write_text(KNOWN_BAD)
    report, _ = await audit(pin)
    return "jinja2 2.10" in vulnerable(report)


@pytest.mark.parametrize("locked", LOCKED, ids=lambda path: path.stem)
async def test_no_locked_dependency_has_a_known_vulnerability(index_tells: bool, locked: Path) -> None:
    if not index_tells:
        pytest.skip(NOT_AUDITED)
    report, said = await audit(locked)
    pinned = re.findall(r"^[a-z0-9][\w.-]*==", locked.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(report["dependencies"]) >= len(pinned) > 0, said
    assert skipped(report) == [], "skipped is not passed"
    assert vulnerable(report) == {}


def test_a_report_is_read_rightly() -> None:
    bad = {"name": "jinja2", "version": "2.10", "vulns": [{"id": "PYSEC-2019-217"}]}
    report = {
        "dependencies": [bad, {"name": "x", "skip_reason": "not found"}, {"name": "y", "version": "1", "vulns": []}]
    }
    assert vulnerable(report) == {"jinja2 2.10": ["PYSEC-2019-217"]}
    assert skipped(report) == ["x"]
    assert LOCKED
