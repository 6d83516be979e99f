"""The import contracts of `pyproject.toml` name every package there is: no new service or feature is forgotten."""

import tomllib
from collections.abc import Mapping, Sequence, Set
from typing import Any

from tests.architecture.sources import ROOT, service_sources

RULES, OWN_FORM = "rules", {"rules", "migrations"}
"""Folders without a feature's layers: rules have a contract of their own, migrations run before any service."""
SHARED = "ilp_shared"
Contract = Mapping[str, Any]


def contracts() -> list[Contract]:
    """Return the contracts, and what they are about."""
    document = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    listed: list[Contract] = document["tool"]["importlinter"]["contracts"]
    return [{"type": "roots", "modules": document["tool"]["importlinter"]["root_packages"]}, *listed]


def folders() -> set[str]:
    """Return every folder with modules, of the services and of what they share: `ilp_screening.recording`."""
    paths = [source.path.split("/") for source in service_sources()]
    parts = [path[2:-1] if path[0] == "services" else path[1:-1] for path in paths]
    return {".".join(each[:depth]) for each in parts for depth in range(1, len(each) + 1)}


def of_type(listed: Sequence[Contract], kind: str, key: str) -> set[str]:
    """Return what the contracts of a type name under a key."""
    return {name for contract in listed if contract["type"] == kind for name in contract.get(key, ())}


def uncovered(listed: Sequence[Contract], folders: Set[str]) -> list[str]:
    """Return what a contract should name and none does: contract and folder.

    A folder of a service has the layers of a feature, is pure (`rules`), or is a program of its own with a contract
    of its own.
    """
    packages = {folder for folder in folders if "." not in folder}
    services = packages - {SHARED}
    alone = of_type(listed, "forbidden", "source_modules") - packages
    inside = {folder for folder in folders - packages if folder.partition(".")[0] in services}
    features = {
        folder
        for folder in inside
        if not OWN_FORM & set(folder.split(".")) and not any(f"{folder}.".startswith(f"{each}.") for each in alone)
    }
    pure = {folder for folder in inside if folder.split(".")[1:] == [RULES]}
    needed = {
        "roots": (packages, of_type(listed, "roots", "modules")),
        "independence": (services, of_type(listed, "independence", "modules")),
        "no circles": (packages, of_type(listed, "acyclic_siblings", "ancestors")),
        "forbidden to what is shared": (services, _forbidden_to(listed, SHARED)),
        "no I/O": (pure, of_type(listed, "forbidden", "source_modules")),
        "layers": (features, of_type(listed, "layers", "containers")),
    }
    return sorted(f"{name}: {each}" for name, (there, named) in needed.items() for each in there - named)


def _forbidden_to(listed: Sequence[Contract], package: str) -> set[str]:
    return {
        name
        for contract in listed
        if contract.get("source_modules") == [package]
        for name in contract["forbidden_modules"]
    }


def test_every_package_and_feature_has_its_contracts() -> None:
    assert len(folders()) > 50
    assert uncovered(contracts(), folders()) == []


def test_contracts_name_only_what_exists() -> None:
    named = of_type(contracts(), "layers", "containers") | of_type(contracts(), "acyclic_siblings", "ancestors")
    assert named - folders() == set()


def test_the_search_finds_what_is_forgotten() -> None:
    new = {"ilp_labs", "ilp_labs.rules", "ilp_labs.orders", "ilp_screening.referrals", "ilp_monitoring.web.charts"}
    assert uncovered(contracts(), folders() | new) == sorted(
        [
            *(f"{contract}: ilp_labs" for contract in ("roots", "independence", "no circles")),
            "forbidden to what is shared: ilp_labs",
            "no I/O: ilp_labs.rules",
            *(
                f"layers: {each}"
                for each in ("ilp_labs.orders", "ilp_screening.referrals", "ilp_monitoring.web.charts")
            ),
        ]
    )
    assert uncovered(contracts(), folders() | {"ilp_screening.migrations.versions", "ilp_shared.new"}) == []
    assert uncovered(contracts(), folders() | {"ilp_monitoring.recount.reports", "ilp_screening.rules.lungs"}) == []
