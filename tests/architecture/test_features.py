"""Every feature folder is built alike: a reader who knows one knows where things are in all."""

import tomllib
from pathlib import PurePosixPath

from tests.architecture.sources import ROOT, service_sources

FILES = {"__init__", "router", "schemas", "service", "repository", "models", "events"}
AT_THE_ROOT = {"__init__", "__main__", "app", "service", "settings", "deps", "base", "consumers", "models"}
OWN_FORM = {"rules", "migrations"}
"""Folders whose modules are named by what they do."""


def listed() -> dict[str, str]:
    """Return the exceptions of `pyproject.toml`: reason by module or folder, from the package on."""
    document = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    reasons: dict[str, str] = document["tool"]["ilp"]["features"]
    return reasons


def modules() -> list[str]:
    """Return every module of the services, from its package on: `ilp_screening/recording/router.py`."""
    return ["/".join(source.path.split("/")[2:]) for source in service_sources() if source.path.startswith("services/")]


def is_standard(module: str) -> bool:
    """Tell whether a module is one that a feature, or the root of a service, has."""
    path = PurePosixPath(module)
    inside = path.parts[1:-1]
    return bool(OWN_FORM.intersection(inside)) or path.stem in (FILES if inside else AT_THE_ROOT)


def covering(module: str, exceptions: dict[str, str]) -> str | None:
    """Return the exception for a module: its own, or that of a folder around it."""
    path = PurePosixPath(module)
    return next((str(each) for each in (path, *path.parents) if str(each) in exceptions), None)


def test_every_module_has_a_standard_name_or_a_reason() -> None:
    exceptions = listed()
    assert [each for each in modules() if not is_standard(each) and covering(each, exceptions) is None] == []


def test_every_exception_is_needed_and_has_its_reason() -> None:
    used = {covering(module, listed()) for module in modules() if not is_standard(module)}
    assert sorted(listed().keys() - used) == []
    assert [each for each, reason in listed().items() if len(reason.split()) < 3] == []


def test_the_search_knows_what_is_standard() -> None:
    standard = [
        "ilp_x/app.py",
        "ilp_x/a/router.py",
        "ilp_x/rules/b/c.py",
        "ilp_x/a/rules/b.py",
        "ilp_x/migrations/env.py",
    ]
    other = ["ilp_x/helpers.py", "ilp_x/router.py", "ilp_x/a/service_of_b.py", "ilp_x/a/app.py", "ilp_x/a/b/c.py"]
    assert [is_standard(module) for module in standard + other] == [True] * 5 + [False] * 5
    assert covering("ilp_x/a/b/c.py", {"ilp_x/a/b": "its reason"}) == "ilp_x/a/b"
    assert covering("ilp_x/a/bc.py", {"ilp_x/a/b": "its reason"}) is None
