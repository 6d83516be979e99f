"""mutmut over the pure rules and the arithmetic of projections: every operator, number and call changed one by one.

Runs in a copy outside the repository, one part after another. What survives is looked up in `survivors.yaml`; a
survivor without a reason there fails the run: either a test is missing, or the reason is.
"""

import asyncio
import json
import os
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.dev.config import ROOT

_CONFIGURATION = """
[tool.mutmut]
source_paths = ["{package}"]
only_mutate = {modules}
pytest_add_cli_args_test_selection = {tests}
also_copy = ["deploy"]
timeout_constant = 120.0
use_git_change_detection = false
"""
_COPIED = ("tests", "deploy", "pyproject.toml")
_KILLED = {1, 3}
_UNTESTED = {5, 33}
"""mutmut's exit codes; 0 is a survivor, everything else (a time limit, a crash) is reported as it is."""


_COUNTING = (
    "adapters/cluster",
    "adapters/registry",
    "adapters/screening",
    "cells",
    "completeness",
    "engine",
    "state",
)


@dataclass(frozen=True)
class Part:
    """Modules of one package, and the tests that answer for them."""

    name: str
    package: Path
    """Folder of the package below the root; mutmut needs it at the top of its copy."""
    modules: tuple[str, ...]
    tests: tuple[str, ...]


PARTS = (
    Part("registry", Path("services/registry/ilp_registry"), ("ilp_registry/rules/*",), ("tests/unit/registry",)),
    Part(
        "screening",
        Path("services/screening/ilp_screening"),
        ("ilp_screening/rules/*",),
        # mutmut wraps every function, Bounds.contains too: CPU time measures its wrappers.
        (
            "tests/unit/screening",
            "--deselect=tests/unit/screening/test_packs.py::test_a_full_measurement_is_judged_fast",
        ),
    ),
    Part(
        "cluster-services",
        Path("services/cluster-services/ilp_cluster_services"),
        ("ilp_cluster_services/rules/*",),
        ("tests/unit/cluster", "tests/service/cluster/test_rules.py"),
    ),
    Part(
        "monitoring",
        Path("services/monitoring/ilp_monitoring"),
        ("ilp_monitoring/rules/*", *(f"ilp_monitoring/projections/{name}.py" for name in _COUNTING)),
        (
            "tests/unit/monitoring/test_rules.py",
            "tests/service/monitoring/test_projection.py",
            "tests/service/monitoring/test_counting.py",
            "tests/service/monitoring/test_situation.py",
            "tests/service/monitoring/test_order.py",
            "tests/service/monitoring/test_undoing.py",
            "tests/service/monitoring/test_changed_definitions.py",
        ),
    ),
    Part(
        "positions",
        Path("shared/ilp_shared"),
        ("ilp_shared/bus/consume/positions.py",),
        ("tests/unit/shared/test_positions.py", "tests/bus/test_positions.py"),
    ),
)


@dataclass(frozen=True)
class Survivor:
    """A change that no test noticed."""

    function: str
    was: str
    became: str


@dataclass(frozen=True)
class Harvest:
    """What mutmut found in one part."""

    part: str
    mutants: int
    killed: int
    survivors: Sequence[Survivor]
    """Also those that no test even runs."""
    unclear: int
    """Ended by a time limit or a crash: neither noticed by a test nor survived."""
    seconds: float


async def run(part: Part, folder: Path, environment: Mapping[str, str]) -> Harvest:
    """Run mutmut on one part in a copy inside `folder`."""
    copy = folder / part.name
    _copy(part, copy)
    began = time.monotonic()
    await _mutmut(copy, environment, "run", "--max-children", str(os.cpu_count() or 1))
    seconds = time.monotonic() - began
    codes: dict[str, int | None] = {}
    for meta in sorted((copy / "mutants").rglob("*.meta")):
        codes |= json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"]
    left = [name for name, code in codes.items() if code == 0 or code in _UNTESTED]
    survivors = [await _survivor(copy, environment, name) for name in left]
    killed = sum(1 for code in codes.values() if code in _KILLED)
    return Harvest(part.name, len(codes), killed, survivors, len(codes) - killed - len(left), seconds)


def _copy(part: Part, copy: Path) -> None:
    skipped = shutil.ignore_patterns("__pycache__", "mutants")
    copy.mkdir(parents=True)
    shutil.copytree(ROOT / part.package, copy / part.package.name, ignore=skipped)
    for name in _COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=skipped)
        else:
            shutil.copy2(source, copy / name)
    with (copy / "pyproject.toml").open("a", encoding="utf-8") as configuration:
        configuration.write(
            _CONFIGURATION.format(
                package=part.package.name, modules=json.dumps(part.modules), tests=json.dumps(part.tests)
            )
        )


async def _mutmut(copy: Path, environment: Mapping[str, str], *arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "mutmut",
        *arguments,
        cwd=copy,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    text = output.decode(errors="replace")
    if process.returncode != 0:
        raise RuntimeError(f"mutmut {arguments[0]} ended with {process.returncode}\n{text[-3000:]}")
    return text


async def _survivor(copy: Path, environment: Mapping[str, str], name: str) -> Survivor:
    lines = (await _mutmut(copy, environment, "show", name)).splitlines()
    removed = [line[1:].strip() for line in lines if line.startswith("-") and not line.startswith("---")]
    added = [line[1:].strip() for line in lines if line.startswith("+") and not line.startswith("+++")]
    return Survivor(_plain(name), " ".join(removed), " ".join(added))


def _plain(name: str) -> str:
    """Return `package.module.function` or `package.module.Class.method` for mutmut's name of a mutant."""
    module, _, mangled = name.partition("__mutmut_")[0].rpartition(".")
    return f"{module}.{mangled.removeprefix('x_').removeprefix('xǁ').replace('ǁ', '.')}"
